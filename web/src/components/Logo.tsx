/** The mark of Larboard: a hull seen from ahead, its port light lit. */
export function Logo({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" role="img" aria-label="Larboard">
      <rect width="32" height="32" rx="9" fill="var(--mantine-color-tide-7)" />
      <path
        d="M16 6v19M9.500 12.500 16 9l6.500 3.500M7 18.500c1.800 5 5.500 7 9 7s7.200-2 9-7"
        fill="none"
        stroke="#fff"
        strokeWidth="2.300"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="7.400" cy="12.500" r="2.600" fill="#ff6b5e" />
    </svg>
  );
}
