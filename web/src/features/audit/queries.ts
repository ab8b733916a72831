/** The audit log: pages of events, newest first. */
import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { api } from '@/api/client';
import type { AuditEvent } from '@/api/types';

export interface AuditFilters {
  identifier?: string;
  run_id?: string;
  blueprint?: string;
  entity?: string;
  resources?: string;
  action?: string;
  status?: string;
}

export interface AuditPage {
  audits: AuditEvent[];
  next?: string;
}

const PAGE = 50;

export function auditQuery(filters: AuditFilters) {
  return infiniteQueryOptions({
    queryKey: ['audit', filters],
    queryFn: ({ pageParam, signal }) =>
      api.get<AuditPage>('v1/audit-log', { query: { ...filters, limit: PAGE, next: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
}
