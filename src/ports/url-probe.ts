/**
 * One GET of a health URL, without credentials. 2xx is healthy; another answer, none within 5 s, or a way that leads to
 * another host is a value that says so. Never throws.
 */
export type ProbeUrl = (url: string) => Promise<{ healthy: boolean; says: string }>;
