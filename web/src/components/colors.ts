/** The seventeen colours of the API in the theme's. */

const COLORS: Record<string, string> = {
  turquoise: 'teal',
  purple: 'grape',
  gold: 'yellow',
  silver: 'gray',
  paleBlue: 'cyan',
  darkGray: 'gray',
  lightGray: 'gray',
  bronze: 'orange',
  olive: 'lime',
  brown: 'orange',
};

/** The theme's nearest colour to one of the API's. */
export function mantineColor(color: string): string {
  return COLORS[color] ?? color;
}
