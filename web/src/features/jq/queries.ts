/** Evaluating jq on the server, which has the one engine that counts. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/client';
import { ApiError } from '@/api/errors';
import type { JsonValue } from '@/api/types';

export type Mode = 'expression' | 'template';

/** Where the server found the fault; line and column only for a single text. */
export interface Fault {
  message: string;
  kind: string;
  place?: string;
  position?: number;
  line?: number;
  column?: number;
  outputs?: JsonValue[];
}

export type Answer = { outputs: JsonValue[] } | { result: JsonValue } | { fault: Fault };

export interface Question {
  mode: Mode;
  source: string;
  context: JsonValue;
}

/** The answer to a question. A fault of the expression is an answer, too; only other refusals are errors. */
export function answerQuery(question: Question) {
  return queryOptions({
    queryKey: ['jq', question],
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }): Promise<Answer> => {
      try {
        return await api.post<Answer>('v1/jq/evaluate', { body: bodyOf(question), signal });
      } catch (error) {
        if (error instanceof ApiError && error.code === 'jq_error') return { fault: faultOf(error) };
        throw error;
      }
    },
  });
}

function bodyOf({ mode, source, context }: Question) {
  return mode === 'expression' ? { expression: source, context } : { template: templateOf(source), context };
}

/** A template is a JSON document, or else the text it is. */
export function templateOf(source: string): JsonValue {
  try {
    return JSON.parse(source) as JsonValue;
  } catch {
    return source;
  }
}

function faultOf(error: ApiError): Fault {
  const details = typeof error.details === 'object' && error.details !== null ? (error.details as Partial<Fault>) : {};
  return { kind: 'run', ...details, message: error.message };
}
