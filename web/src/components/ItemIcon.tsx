/**
 * The icon of a blueprint, entity or action by its name in the API; names we do not draw get the
 * first letter of the title on a colour of their own, so that things stay tellable apart.
 */
import {
  IconAlertTriangle,
  IconApi,
  IconBolt,
  IconBox,
  IconBrandAws,
  IconBrandAzure,
  IconBrandDocker,
  IconBrandGithub,
  IconBrandGitlab,
  IconBrandGoogle,
  IconBrandSlack,
  IconBrandTerraform,
  IconBug,
  IconCloud,
  IconCode,
  IconCube,
  IconDatabase,
  IconDeviceDesktop,
  IconFileText,
  IconFlag,
  IconGitBranch,
  IconGitPullRequest,
  IconHexagons,
  IconKey,
  IconLock,
  IconNetwork,
  IconPackage,
  IconPlayerPlay,
  IconRocket,
  IconServer,
  IconSettings,
  IconShip,
  IconTrash,
  IconUser,
  IconUsers,
  IconWorld,
  type Icon,
} from '@tabler/icons-react';
import { ThemeIcon } from '@mantine/core';

const ICONS: Record<string, Icon> = {
  microservice: IconHexagons,
  service: IconHexagons,
  deployment: IconRocket,
  deploy: IconRocket,
  rocket: IconRocket,
  environment: IconWorld,
  cluster: IconServer,
  server: IconServer,
  node: IconServer,
  database: IconDatabase,
  cloud: IconCloud,
  aws: IconBrandAws,
  azure: IconBrandAzure,
  gcp: IconBrandGoogle,
  googlecloud: IconBrandGoogle,
  docker: IconBrandDocker,
  github: IconBrandGithub,
  gitlab: IconBrandGitlab,
  git: IconGitBranch,
  gitversion: IconGitBranch,
  pullrequest: IconGitPullRequest,
  slack: IconBrandSlack,
  terraform: IconBrandTerraform,
  package: IconPackage,
  box: IconBox,
  blueprint: IconCube,
  defaultblueprint: IconCube,
  defaultproperty: IconFileText,
  defaultentity: IconBox,
  code: IconCode,
  api: IconApi,
  alert: IconAlertTriangle,
  incident: IconAlertTriangle,
  bug: IconBug,
  key: IconKey,
  lock: IconLock,
  network: IconNetwork,
  flag: IconFlag,
  featureflag: IconFlag,
  user: IconUser,
  team: IconUsers,
  users: IconUsers,
  trash: IconTrash,
  delete: IconTrash,
  settings: IconSettings,
  day2operation: IconBolt,
  bolt: IconBolt,
  run: IconPlayerPlay,
  desktop: IconDeviceDesktop,
  ship: IconShip,
};
const COLORS = ['tide', 'indigo', 'grape', 'orange', 'teal', 'pink', 'cyan', 'violet'];

function hash(text: string): number {
  let value = 7;
  for (const char of text) value = (value * 31 + (char.codePointAt(0) ?? 0)) % 9973;
  return value;
}

interface Props {
  name?: string | null;
  title: string;
  size?: number;
}

export function ItemIcon({ name, title, size = 36 }: Props) {
  const Drawn = ICONS[(name ?? '').toLowerCase().replace(/[^a-z0-9]/g, '')];
  const color = COLORS[hash(title) % COLORS.length];
  return (
    <ThemeIcon variant="light" color={color} size={size} radius={size > 28 ? 'md' : 'sm'} aria-hidden>
      {Drawn ? (
        <Drawn size={Math.round(size * 0.58)} stroke={1.7} />
      ) : (
        <span style={{ fontWeight: 700, fontSize: size * 0.42 }}>{title.trim().charAt(0).toUpperCase() || '?'}</span>
      )}
    </ThemeIcon>
  );
}
