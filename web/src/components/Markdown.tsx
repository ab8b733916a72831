/** Markdown from a backend, rendered without raw HTML; its parser is loaded only when needed. */
import { Suspense, lazy } from 'react';
import { Skeleton } from '@mantine/core';

const Rendered = lazy(() => import('./MarkdownRendered'));

export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<Skeleton height={18} aria-label="Loading text" />}>
      <Rendered text={text} />
    </Suspense>
  );
}
