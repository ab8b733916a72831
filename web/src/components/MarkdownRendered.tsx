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
          // An image would be fetched from wherever the text says.
          img: ({ alt, src }) => <span>{alt || (typeof src === 'string' ? src : '')}</span>,
        }}
      >
        {text}
      </ReactMarkdown>
    </Typography>
  );
}
