/** Markdown from a backend, rendered without raw HTML; its parser is loaded only when needed. */
import { Suspense, lazy } from 'react';
import { LineSkeleton } from './QueryStates';

const Rendered = lazy(() => import('./MarkdownRendered'));

export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<LineSkeleton label="Loading text" />}>
      <Rendered text={text} />
    </Suspense>
  );
}
