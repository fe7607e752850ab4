import type { CredentialProvider } from './aws-clients.ts';
import { isExpired } from './aws-errors.ts';

/** Outermost, so that the second try is signed anew. */
export const WHOLE_CALL = { step: 'initialize', priority: 'high', name: 'renewCredentials' } as const;

/**
 * A middleware of the SDK: AWS may call credentials expired that the SDK takes for good, a session that was ended early or
 * keys that somebody has replaced since (`memoizeIdentityProvider` of @smithy/core keeps those without an expiry for
 * ever). The provider is then asked for new ones, and the call made once more when it has some. Calls that were refused
 * together renew once: the later ones find other keys than those they were made with.
 */
export function credentialRenewer(credentials: CredentialProvider) {
  return <Args, Answer>(next: (args: Args) => Promise<Answer>) =>
    async (args: Args): Promise<Answer> => {
      const used = (await credentials()).accessKeyId;
      try {
        return await next(args);
      } catch (error) {
        if (!isExpired(error)) throw error;
        const now = await credentials();
        const good = now.accessKeyId === used ? await credentials({ forceRefresh: true }) : now;
        if (good.accessKeyId === used) throw error;
        return next(args);
      }
    };
}
