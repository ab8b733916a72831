/** The links a backend has attached to a run, each with an icon of its host. */
import { Anchor, Card, Group, Stack, Text, Title } from '@mantine/core';
import {
  IconBrandAws,
  IconBrandAzure,
  IconBrandBitbucket,
  IconBrandGithub,
  IconBrandGitlab,
  IconBrandSlack,
  IconExternalLink,
  type Icon,
} from '@tabler/icons-react';
import { linkLabel, linkList, safeHref } from '@/lib/links';

const HOSTS: [RegExp, Icon][] = [
  [/(^|\.)github\./, IconBrandGithub],
  [/(^|\.)gitlab\./, IconBrandGitlab],
  [/(^|\.)bitbucket\./, IconBrandBitbucket],
  [/(^|\.)(amazonaws|aws)\./, IconBrandAws],
  [/(^|\.)(azure|visualstudio)\./, IconBrandAzure],
  [/(^|\.)slack\./, IconBrandSlack],
];

export function RunLinks({ link }: { link: string | string[] | null | undefined }) {
  const links = linkList(link);
  if (links.length === 0) return null;
  return (
    <Card mt="md" component="section" aria-label="Job links">
      <Title order={2} size="h3" mb="xs">
        Job links
      </Title>
      <Stack gap={8}>
        {links.map((href) => (
          <JobLink key={href} href={href} />
        ))}
      </Stack>
    </Card>
  );
}

function JobLink({ href }: { href: string }) {
  const safe = safeHref(href);
  if (!safe) return <Text size="sm">{href}</Text>;
  const host = new URL(safe).host;
  const Drawn = HOSTS.find(([pattern]) => pattern.test(host))?.[1] ?? IconExternalLink;
  return (
    <Anchor href={safe} target="_blank" rel="noopener noreferrer" size="sm" title={safe}>
      <Group gap={8} wrap="nowrap">
        <Drawn size={17} aria-hidden style={{ flex: 'none' }} />
        <span style={{ overflowWrap: 'anywhere' }}>{linkLabel(safe)}</span>
      </Group>
    </Anchor>
  );
}
