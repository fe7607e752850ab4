/** Who the bot is in AWS (STS GetCallerIdentity). */
export type Identity = { callerIdentity: () => Promise<{ account: string; arn: string }> };
