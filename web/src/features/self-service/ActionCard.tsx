/** One action as a card with its button; a disabled one says why. */
import { Button, Card, Group, Text, Title, Tooltip } from '@mantine/core';
import type { Action } from '@/api/types';
import { ItemIcon } from '@/components/ItemIcon';
import { OperationBadge } from './OperationBadge';
import { actionTitle, cardButton, whyDisabled } from './queries';
import classes from './ActionCard.module.css';

interface Props {
  action: Action;
  blueprintTitle?: string;
  onOpen: () => void;
}

export function ActionCard({ action, blueprintTitle, onOpen }: Props) {
  const reason = whyDisabled(action);
  const title = actionTitle(action);
  return (
    <Card component="article" className={classes.card} aria-label={title} data-action={action.identifier}>
      <Group wrap="nowrap" align="flex-start" gap="sm">
        <ItemIcon name={action.icon} title={title} size={42} />
        <div style={{ minWidth: 0, flex: 1 }}>
          <Title order={2} size="h3" lineClamp={2}>
            {title}
          </Title>
          <Group gap={8} mt={4} wrap="nowrap">
            <OperationBadge operation={action.trigger.operation} />
            {blueprintTitle && (
              <Text size="xs" c="dimmed" truncate>
                {blueprintTitle}
              </Text>
            )}
          </Group>
        </div>
      </Group>
      <Text size="sm" c="dimmed" lineClamp={3} className={classes.description}>
        {action.description || 'No description yet.'}
      </Text>
      <Tooltip label={reason} disabled={!reason} multiline maw={260}>
        <Button
          variant="light"
          fullWidth
          color={action.trigger.operation === 'DELETE' ? 'red' : undefined}
          data-disabled={reason ? true : undefined}
          aria-disabled={reason ? true : undefined}
          aria-label={`${cardButton(action)}: ${title}`}
          aria-description={reason ?? undefined}
          onClick={reason ? undefined : onOpen}
        >
          {cardButton(action)}
        </Button>
      </Tooltip>
    </Card>
  );
}
