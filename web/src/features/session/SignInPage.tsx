/** Signing in with e-mail and password; afterwards back to where the visitor wanted to go. */
import { useEffect, useState } from 'react';
import { Alert, Button, Card, Center, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { isSignedOut, messageOf } from '@/api/errors';
import { basePath } from '@/api/basePath';
import { Logo } from '@/app/Logo';
import { useDocumentTitle } from '@/components/PageHeader';
import { sessionQuery, useSignIn } from './queries';
import classes from './SignInPage.module.css';

const route = getRouteApi('/sign-in');

/** Where to go after signing in: only ever a page of this portal. */
export function safeRedirect(wanted: string | undefined): string {
  if (!wanted || !/^\/(?![/\\])/.test(wanted)) return '/self-serve';
  const inside = wanted.startsWith(basePath) ? `/${wanted.slice(basePath.length)}` : wanted;
  return inside.startsWith('/sign-in') ? '/self-serve' : inside;
}

export function SignInPage() {
  useDocumentTitle('Sign in');
  const router = useRouter();
  const { redirect } = route.useSearch();
  const session = useQuery(sessionQuery);
  const signIn = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [touched, setTouched] = useState(false);
  const signedIn = Boolean(session.data);

  useEffect(() => {
    if (signedIn) router.history.replace(basePath.slice(0, -1) + safeRedirect(redirect));
  }, [signedIn, redirect, router]);

  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (email.trim() && password) signIn.mutate({ email: email.trim(), password });
  };
  return (
    <Center className={classes.ground} component="main">
      <Card className={classes.card} shadow="md" padding="xl">
        <form onSubmit={submit} noValidate aria-label="Sign in">
          <Stack gap="md">
            <Stack align="center" gap={6}>
              <Logo size={48} />
              <Title order={1}>Sign in to Larboard</Title>
              <Text c="dimmed" size="sm">
                Your services, actions and runs in one place
              </Text>
            </Stack>
            {signIn.error && (
              <Alert color="red" icon={<IconAlertCircle size={18} />} role="alert">
                {isSignedOut(signIn.error) ? 'E-mail or password is wrong. Check both and try again.' : messageOf(signIn.error)}
              </Alert>
            )}
            <TextInput
              label="E-mail"
              type="email"
              name="email"
              autoComplete="username"
              autoFocus
              required
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              error={touched && !email.trim() ? 'Enter your e-mail address.' : null}
            />
            <PasswordInput
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              error={touched && !password ? 'Enter your password.' : null}
            />
            <Button type="submit" size="md" loading={signIn.isPending} fullWidth>
              Sign in
            </Button>
            <Text c="dimmed" size="xs" ta="center">
              No account yet? An administrator creates one with <span className="lb-mono">larboard user create</span>.
            </Text>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
