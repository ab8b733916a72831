/**
 * How the portal looks: a sea-green primary, cool neutrals, generous radii. Text colours are set so
 * that body and dimmed text reach a contrast of 4.5:1 on their grounds in both schemes.
 */
import {
  type CSSVariablesResolver,
  type MantineColorsTuple,
  Autocomplete,
  Badge,
  Button,
  Card,
  Drawer,
  Modal,
  MultiSelect,
  Paper,
  Select,
  TagsInput,
  Tooltip,
  createTheme,
} from '@mantine/core';

const tide: MantineColorsTuple = [
  '#e6f7f8',
  '#d0edef',
  '#a1dadf',
  '#6ec5cd',
  '#46b4be',
  '#2aa7b3',
  '#12919e',
  '#0b7681',
  '#076069',
  '#034a52',
];

const slate: MantineColorsTuple = [
  '#dbe1e9',
  '#b6c0ce',
  '#94a1b3',
  '#6b788c',
  '#3d495b',
  '#2c3747',
  '#1d2633',
  '#151c26',
  '#10161e',
  '#0a0e14',
];

export const theme = createTheme({
  primaryColor: 'tide',
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { tide, dark: slate },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily:
    'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.625rem', lineHeight: '1.25' },
      h2: { fontSize: '1.25rem', lineHeight: '1.3' },
      h3: { fontSize: '1.0625rem', lineHeight: '1.35' },
    },
  },
  components: {
    // Passing by with the keyboard opens no list over what comes next; typing, a click or an arrow key does.
    Autocomplete: Autocomplete.extend({ defaultProps: { openOnFocus: false } }),
    MultiSelect: MultiSelect.extend({ defaultProps: { openOnFocus: false } }),
    Select: Select.extend({ defaultProps: { openOnFocus: false } }),
    TagsInput: TagsInput.extend({ defaultProps: { openOnFocus: false } }),
    Badge: Badge.extend({ defaultProps: { variant: 'light', radius: 'sm' }, styles: { label: { textTransform: 'none', fontWeight: 600, letterSpacing: 0 } } }),
    Button: Button.extend({ styles: { label: { fontWeight: 600 } } }),
    Card: Card.extend({ defaultProps: { withBorder: true, radius: 'lg', padding: 'lg' } }),
    Paper: Paper.extend({ defaultProps: { radius: 'lg' } }),
    Drawer: Drawer.extend({ defaultProps: { overlayProps: { backgroundOpacity: 0.45, blur: 2 } } }),
    Modal: Modal.extend({ defaultProps: { overlayProps: { backgroundOpacity: 0.45, blur: 2 } } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: false } } }),
  },
});

const TEXT_COLORS = ['gray', 'red', 'pink', 'grape', 'violet', 'indigo', 'blue', 'cyan', 'teal', 'green', 'lime', 'yellow', 'orange'];

/** Text on the pale ground of its own colour; the library's own choice stays below 4.5:1 for several. */
const textOnPale = Object.fromEntries(
  TEXT_COLORS.map((name) => [
    `--mantine-color-${name}-light-color`,
    `color-mix(in srgb, var(--mantine-color-${name}-9) 72%, black)`,
  ]),
);

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...textOnPale,
    '--mantine-color-body': '#f5f7f9',
    '--mantine-color-text': '#16202b',
    '--mantine-color-dimmed': '#566270',
    '--mantine-color-placeholder': '#6b7683',
    '--lb-surface': '#ffffff',
    '--lb-surface-2': '#f0f3f6',
    '--lb-line': '#dfe5ea',
    '--lb-log-ground': '#0f1720',
    '--lb-log-text': '#d6dee8',
    '--lb-added': '#dff5e6',
    '--lb-removed': '#fde5e3',
  },
  dark: {
    '--mantine-color-body': '#10161e',
    '--mantine-color-text': '#dbe1e9',
    '--mantine-color-dimmed': '#98a5b7',
    '--mantine-color-placeholder': '#8b98aa',
    '--mantine-color-default-border': '#313d4e',
    '--mantine-color-gray-light': 'rgba(148, 161, 179, 0.2)',
    '--mantine-color-gray-light-hover': 'rgba(148, 161, 179, 0.28)',
    '--mantine-color-gray-light-color': '#ccd5e0',
    '--mantine-color-tide-light': 'rgba(70, 180, 190, 0.17)',
    '--mantine-color-tide-light-hover': 'rgba(70, 180, 190, 0.26)',
    '--mantine-color-tide-light-color': '#8adbe2',
    '--lb-surface': '#171f2a',
    '--lb-surface-2': '#1e2733',
    '--lb-line': '#2a3544',
    '--lb-log-ground': '#0a0e14',
    '--lb-log-text': '#d6dee8',
    '--lb-added': '#143524',
    '--lb-removed': '#452124',
  },
});
