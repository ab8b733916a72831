/** The links at the left; blueprints of the catalog are listed below their page. */
import { AppShell, NavLink, ScrollArea, Text } from '@mantine/core';
import { IconBook2, IconBolt, IconHistory, IconLayoutGrid, IconShieldCheck, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useRouterState } from '@tanstack/react-router';
import { basePath } from '@/api/basePath';
import { ItemIcon } from '@/components/ItemIcon';
import { blueprintsQuery } from '@/features/catalog/queries';
import classes from './Shell.module.css';

const PAGES: { to: string; under: string[]; label: string; icon: Icon }[] = [
  { to: '/self-serve', under: ['/self-serve'], label: 'Self-service', icon: IconBolt },
  { to: '/runs', under: ['/runs', '/organization/run'], label: 'Runs', icon: IconHistory },
  { to: '/catalog', under: ['/catalog'], label: 'Catalog', icon: IconLayoutGrid },
  { to: '/settings/AuditLog', under: ['/settings/AuditLog'], label: 'Audit log', icon: IconShieldCheck },
];

export function Navigation() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const blueprints = useQuery(blueprintsQuery);
  const listed = (blueprints.data ?? []).filter((blueprint) => !blueprint.identifier.startsWith('_'));
  return (
    <>
      <AppShell.Section p="sm" component="nav" aria-label="Pages">
        {PAGES.map((page) => (
          <NavLink
            key={page.to}
            className={classes.link}
            label={page.label}
            leftSection={<page.icon size={19} stroke={1.7} />}
            active={page.under.includes(path.replace(/\/$/, ''))}
            renderRoot={(props) => <Link to={page.to} {...props} />}
          />
        ))}
      </AppShell.Section>
      <AppShell.Section grow component={ScrollArea} px="sm">
        {listed.length > 0 && (
          <Text size="xs" fw={600} c="dimmed" px="sm" pt="sm" pb={6} id="nav-blueprints">
            Blueprints
          </Text>
        )}
        <nav aria-labelledby="nav-blueprints">
          {listed.map((blueprint) => (
            <NavLink
              key={blueprint.identifier}
              className={classes.link}
              label={blueprint.title}
              leftSection={<ItemIcon name={blueprint.icon} title={blueprint.title} size={22} />}
              active={isUnder(path, blueprint.identifier)}
              renderRoot={(props) => (
                <Link to="/catalog/$blueprint" params={{ blueprint: blueprint.identifier }} {...props} />
              )}
            />
          ))}
        </nav>
      </AppShell.Section>
      <AppShell.Section p="sm">
        <NavLink
          className={classes.link}
          label="API reference"
          href={`${basePath}docs`}
          leftSection={<IconBook2 size={19} stroke={1.7} />}
        />
      </AppShell.Section>
    </>
  );
}

function isUnder(path: string, blueprint: string): boolean {
  const encoded = encodeURIComponent(blueprint);
  return [`/catalog/${blueprint}`, `/catalog/${encoded}`].includes(path) || path.startsWith(`/entities/${encoded}/`);
}
