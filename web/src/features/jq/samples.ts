/** What one starts from: the context of a run as templates see it, and something to evaluate on it. */
import type { SessionUser } from '@/api/types';

export const SAMPLE_EXPRESSION = '.inputs.name | ascii_downcase | gsub(" "; "-")';

export const SAMPLE_TEMPLATE = `{
  "service": "{{ .inputs.name | ascii_downcase | gsub(\\" \\"; \\"-\\") }}",
  "message": "{{ .trigger.by.user.email }} deploys {{ .inputs.name }}",
  "replicas": "{{ .inputs.replicas }}",
  "{{ if .inputs.urgent then 'priority' else null end }}": "high",
  "{{ spreadValue() }}": "{{ .inputs.labels }}"
}`;

/** A context with every key that a run's has; `user` is who looks at it. */
export function sampleContext(user: SessionUser): string {
  const context = {
    inputs: { name: 'My Service', replicas: 3, urgent: true, labels: { team: 'platform' } },
    trigger: {
      by: {
        orgId: 'org_0000000000000000',
        userId: user.id,
        user: { email: user.email, firstName: user.firstName, lastName: user.lastName, id: user.id },
      },
      origin: 'UI',
      at: '2026-01-05T10:00:00.000Z',
      operation: 'DAY-2',
    },
    event: null,
    entity: { identifier: 'shop', title: 'Shop', blueprint: 'microservice', properties: { region: 'eu' }, relations: {} },
    action: { identifier: 'deploy', blueprint: 'microservice', encryptedProperties: [] },
    run: { id: 'r_0000000000000000' },
    secrets: { TOKEN: 'made-up' },
  };
  return JSON.stringify(context, null, 2);
}
