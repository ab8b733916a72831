/** The cache of everything the server told us, and what happens when a request fails. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, NetworkError } from '@/api/errors';
import { setConnection } from './connection';

function noteFailure(error: unknown): void {
  if (error instanceof NetworkError) setConnection('down');
}

/** Refusals are final; a server that cannot be reached or is busy is asked again a few times. */
function shouldRetry(failures: number, error: unknown): boolean {
  if (error instanceof ApiError) return [429, 503].includes(error.status) && failures < 3;
  return error instanceof NetworkError && failures < 2;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: noteFailure }),
    mutationCache: new MutationCache({ onError: noteFailure }),
    defaultOptions: {
      queries: { staleTime: 15_000, retry: shouldRetry, refetchOnWindowFocus: true },
      mutations: { retry: false },
    },
  });
}
