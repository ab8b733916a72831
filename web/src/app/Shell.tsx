/** The frame of every page behind the sign-in: header, navigation, banner, and what lies on top. */
import { type MouseEvent, useEffect } from 'react';
import { AppShell, Burger, Group, NavLink, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconBolt, IconHistory, IconPlayerPlay, IconStack2, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { ExecuteDrawer } from '@/features/self-service/ExecuteDrawer';
import { LatestRuns } from '@/features/runs/LatestRuns';
import { sessionQuery } from '@/features/session/queries';
import { CommandPalette, PaletteButton } from './CommandPalette';
import { ConnectionBanner } from './ConnectionBanner';
import { Logo } from './Logo';
import { ThemeToggle } from './ThemeToggle';
import { UserMenu } from './UserMenu';
import { useOrganizationEvents } from './useOrganizationEvents';
import classes from './Shell.module.css';

const PAGES: { to: '/self-serve' | '/catalog' | '/runs' | '/settings/AuditLog'; label: string; icon: Icon; also?: string }[] = [
  { to: '/self-serve', label: 'Self-service', icon: IconBolt },
  { to: '/catalog', label: 'Catalog', icon: IconStack2, also: '/entities' },
  { to: '/runs', label: 'Runs', icon: IconPlayerPlay, also: '/organization/run' },
  { to: '/settings/AuditLog', label: 'Audit log', icon: IconHistory },
];

export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  useHotkeys([['Escape', close]]);
  useOrganizationEvents();
  useSignInWhenEnded();
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <a href="#main" className="lb-skip" onClick={skipToMain}>
        Skip to the content
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px={{ base: 'sm', sm: 'lg' }} justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" aria-expanded={opened} />
            <UnstyledButton
              renderRoot={(props) => <Link to="/self-serve" {...props} />}
              aria-label="Larboard, to self-service"
              className={classes.brand}
            >
              <Logo />
              <Text fw={750} size="lg" visibleFrom="xs" component="span">
                Larboard
              </Text>
            </UnstyledButton>
          </Group>
          <Group gap={6} wrap="nowrap">
            <PaletteButton />
            <LatestRuns />
            <ThemeToggle />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" className={classes.navbar} aria-label="Main">
        <Navigation onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        <ConnectionBanner />
        <div className={classes.page}>
          <Outlet />
        </div>
      </AppShell.Main>
      <ExecuteDrawer />
      <CommandPalette />
    </AppShell>
  );
}

/** A session that ends while a page is open leads to the sign-in, and from there back. */
function useSignInWhenEnded(): void {
  const router = useRouter();
  const { data: session } = useQuery(sessionQuery);
  useEffect(() => {
    if (session === null) void router.invalidate();
  }, [session, router]);
}

/** By hand, because below a `<base href>` a bare fragment would leave the page. */
function skipToMain(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <>
      {PAGES.map(({ to, label, icon: Drawn, also }) => {
        const active = path.startsWith(to) || (also !== undefined && path.startsWith(also));
        return (
          <NavLink
            key={to}
            label={label}
            leftSection={<Drawn size={19} stroke={1.7} aria-hidden />}
            active={active}
            aria-current={active ? 'page' : undefined}
            onClick={onNavigate}
            className={classes.link}
            renderRoot={(props) => <Link to={to} {...props} />}
          />
        );
      })}
    </>
  );
}
