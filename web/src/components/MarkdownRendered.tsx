/** The rendering half of Markdown: GitHub flavour, sanitized, links in a new tab without opener. */
import { Typography } from '@mantine/core';
import ReactMarkdown from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import remarkGfm from 'remark-gfm';

export default function MarkdownRendered({ text }: { text: string }) {
  return (
    <Typography style={{ overflowWrap: 'anywhere' }}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[rehypeSanitize]}
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {children}
            </a>
          ),
          // The page has its own first headings; those of a text lie below them.
          h1: 'h3',
          h2: 'h4',
          h3: 'h5',
          h4: 'h6',
          h5: 'h6',
          // Wide blocks scroll by themselves, also with the keyboard.
          pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
          table: ({ children }) => (
            <div className="lb-tables" tabIndex={0} role="region" aria-label="Table">
              <table>{children}</table>
            </div>
          ),
          // An image would be fetched from wherever the text says.
          img: ({ alt, src }) => <span>{alt || (typeof src === 'string' ? src : '')}</span>,
        }}
      >
        {text}
      </ReactMarkdown>
    </Typography>
  );
}
