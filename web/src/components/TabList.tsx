/** The tabs of a page in one row, which moves sideways where it is too long; the open one is always in sight. */
import { type ReactNode, useEffect, useRef } from 'react';
import { Tabs } from '@mantine/core';

export function TabList({ value, children }: { value: string; children: ReactNode }) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tab = row.current?.querySelector('[role="tab"][aria-selected="true"]');
    // Only the row moves, never the page.
    if (row.current && tab instanceof HTMLElement) row.current.scrollLeft = tab.offsetLeft - (row.current.clientWidth - tab.clientWidth) / 2;
  }, [value]);
  return (
    <Tabs.List ref={row} mb="md" className="lb-tabs">
      {children}
    </Tabs.List>
  );
}
