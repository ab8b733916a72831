/** Who is signed in, and the way out. */
import { ActionIcon, Avatar, Menu, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBook2, IconLogout, IconPlayerPlay } from '@tabler/icons-react';
import { Link, useRouter } from '@tanstack/react-router';
import { apiUrl } from '@/api/basePath';
import { messageOf } from '@/api/errors';
import { displayName, initials, useSignOut, useUser } from '@/features/session/queries';

export function UserMenu() {
  const user = useUser();
  const router = useRouter();
  const signOut = useSignOut();
  const leave = () =>
    signOut.mutate(undefined, {
      onSuccess: () => void router.navigate({ to: '/sign-in', search: {} }),
      onError: (error) => notifications.show({ color: 'red', title: 'You are still signed in', message: messageOf(error) }),
    });
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="transparent" size={36} radius="xl" aria-label={`${initials(user)}: user menu`}>
          <Avatar size={32} radius="xl" color="tide">
            {initials(user)}
          </Avatar>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text fw={600} size="sm" c="var(--mantine-color-text)" truncate>
            {displayName(user)}
          </Text>
          <Text size="xs" truncate>
            {user.email} · {user.role}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconPlayerPlay size={16} />}
          renderRoot={(props) => <Link to="/runs" search={{ user: user.email }} {...props} />}
        >
          My run history
        </Menu.Item>
        <Menu.Item leftSection={<IconBook2 size={16} />} component="a" href={apiUrl('docs')}>
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
