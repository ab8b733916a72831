/** The frame around every page: header, navigation, banner and the live connection. */
import { AppShell, Burger, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useRouterState } from '@tanstack/react-router';
import { Logo } from '@/components/Logo';
import { LatestRuns } from '@/features/runs/LatestRuns';
import { LoadingPage } from '../pages';
import { CommandPalette, PaletteButton } from './CommandPalette';
import { ConnectionBanner } from './ConnectionBanner';
import { Navigation } from './Navigation';
import { SchemeMenu } from './SchemeMenu';
import { UserMenu } from './UserMenu';
import { useLiveUpdates } from './useLiveUpdates';
import classes from './Shell.module.css';

export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useLiveUpdates();
  useEffect(close, [path, close]);

  return (
    <AppShell
      header={{ height: 58 }}
      navbar={{ width: 228, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding={0}
      classNames={{ header: classes.header, navbar: classes.navbar, main: classes.main }}
    >
      <a href="#content" className="lb-skip" onClick={skipToContent}>
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px={{ base: 'sm', sm: 'md' }} gap="xs" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={opened ? 'Close navigation' : 'Open navigation'}
              aria-expanded={opened}
            />
            <Link to="/self-serve" className={classes.brand} aria-label="Larboard, home">
              <Logo />
              <span className={classes.name}>Larboard</span>
            </Link>
          </Group>
          <Group gap={6} wrap="nowrap">
            <PaletteButton />
            <LatestRuns />
            <SchemeMenu />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label="Main">
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <ConnectionBanner />
        <div className={classes.page}>
          <Suspense fallback={<LoadingPage />}>
            <Outlet />
          </Suspense>
        </div>
      </AppShell.Main>
      <CommandPalette />
    </AppShell>
  );
}

/** By hand, because with a `<base href>` a bare fragment would leave the page. */
function skipToContent(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
