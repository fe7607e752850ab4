import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Workspace } from './workspace.ts';

type Exchange = { request: IncomingMessage; response: ServerResponse; path: string; query: URLSearchParams };

export function createPage({ settings }: Workspace): (exchange: Exchange) => Promise<boolean> {
  return async ({ response, path }) => {
    if (path !== '/') return false;
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>${settings.teamName}</title>`);
    return true;
  };
}
