/**
 * An address that git may be given. Refused: what git would take for an option, transports that run programs
 * (`ext::…`, https://git-scm.com/docs/git-remote-ext), plain http and git://, which prove nobody's identity, and
 * passwords, because the fleet file is no place for them and git prints the address in its errors.
 */
export function isGitRemote(value: string): boolean {
  if (value.startsWith('-') || /\s|::/.test(value) || value.includes('\0')) return false;
  if (value.startsWith('/')) return true;
  if (!value.includes('://')) return /^[\w.+-]+@[\w.-]+:[^:]+$/.test(value);
  const url = URL.parse(value);
  if (url === null || url.password !== '') return false;
  // In https the name alone can be the token: https://TOKEN@github.com/…
  if (url.protocol === 'https:') return url.username === '';
  return url.protocol === 'ssh:' || url.protocol === 'file:';
}
