/** Who is signed in, and signing out. */
import { ActionIcon, Avatar, Menu, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconHistory, IconLogout } from '@tabler/icons-react';
import { Link, useRouter } from '@tanstack/react-router';
import { messageOf } from '@/api/errors';
import { displayName, useSignOut, useUser } from '@/features/session/queries';

export function UserMenu() {
  const user = useUser();
  const router = useRouter();
  const signOut = useSignOut();
  const leave = () =>
    signOut.mutate(undefined, {
      onSuccess: () => void router.navigate({ to: '/sign-in' }),
      onError: (error) => notifications.show({ color: 'red', title: 'Still signed in', message: messageOf(error) }),
    });
  const name = displayName(user);
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="transparent" size={38} radius="xl" aria-label={`Account of ${name}`}>
          <Avatar name={name} color="tide" size={32} radius="xl" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
            {name}
          </Text>
          <Text size="xs" truncate>
            {user.email} · {user.role}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconHistory size={17} />}
          renderRoot={(props) => <Link to="/runs" search={{ mine: true }} {...props} />}
        >
          My run history
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={17} />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
