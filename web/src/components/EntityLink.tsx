/** A link to an entity's page. */
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';

interface Props {
  blueprint: string;
  identifier: string;
  title?: string | null;
}

export function EntityLink({ blueprint, identifier, title }: Props) {
  return (
    <Anchor
      inherit
      style={{ overflowWrap: 'anywhere' }}
      renderRoot={(props) => (
        <Link to="/entities/$blueprint/$entity" params={{ blueprint, entity: identifier }} {...props} />
      )}
    >
      {title || identifier}
    </Anchor>
  );
}
