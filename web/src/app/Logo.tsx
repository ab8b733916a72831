/** The mark: a ship's port side over a wave. */
export function Logo({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b7681" />
      <path d="M9 7v12h11" stroke="#fff" strokeWidth="3.2" strokeLinecap="round" strokeLinejoin="round" fill="none" />
      <circle cx="21.5" cy="10.5" r="3" fill="#ff6b5e" />
      <path d="M6 25c2.5-2 4.5-2 7 0s4.5 2 7 0 4.5-2 6 0" stroke="#a1dadf" strokeWidth="2.2" strokeLinecap="round" fill="none" />
    </svg>
  );
}
