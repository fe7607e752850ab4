import type { CallOutcome, Metrics } from '#src/ports/metrics.ts';

/** `fetch` for Slack's Web API that counts each request by its method, the last part of the address. */
export function countedFetch(metrics: Pick<Metrics, 'slackCalled'>): typeof fetch {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const method = new URL(address).pathname.split('/').at(-1) ?? '';
    try {
      const response = await fetch(input, init);
      metrics.slackCalled({ method, outcome: await outcomeOf(response.clone()) });
      return response;
    } catch (error) {
      metrics.slackCalled({ method, outcome: 'failed' });
      throw error;
    }
  };
}

/** Slack says most of its refusals with status 200 and `ok: false`, too many calls with 429. */
async function outcomeOf(response: Response): Promise<CallOutcome> {
  if (response.status === 429) return 'throttled';
  if (!response.ok) return 'failed';
  const text = await response.text().catch(() => '');
  if (/"error":"(?:rate_?limited|message_limit_exceeded)"/.test(text)) return 'throttled';
  return text.includes('"ok":true') ? 'ok' : 'failed';
}
