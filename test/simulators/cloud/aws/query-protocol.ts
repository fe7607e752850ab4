import { randomUUID } from 'node:crypto';
import type { AwsError } from './errors.ts';
import type { AwsResponse } from './request.ts';
import type { Xml } from './xml.ts';
import { toXml } from './xml.ts';

/** The query protocol (CloudFormation, STS, IAM) and EC2's variant of it: form in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export type QueryHandler<Request> = (request: Request, form: URLSearchParams) => Xml;

const NAMESPACES: Record<string, string> = {
  cloudformation: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  autoscaling: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  ec2: 'http://ec2.amazonaws.com/doc/2016-11-15/',
};

export function queryAnswer(service: string, operation: string, result: Xml): AwsResponse {
  const inner =
    service === 'ec2'
      ? `<requestId>${randomUUID()}</requestId>${toXml(result)}`
      : `<${operation}Result>${toXml(result)}</${operation}Result><ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`;
  const body = `<${operation}Response xmlns="${NAMESPACES[service] ?? ''}">${inner}</${operation}Response>`;
  return { status: 200, contentType: 'text/xml', body };
}

export function queryError(service: string, error: AwsError): AwsResponse {
  const type = error.status < 500 ? 'Sender' : 'Receiver';
  const details = toXml({ Code: error.code, Message: error.message });
  const body =
    service === 'ec2'
      ? `<Response><Errors><Error>${details}</Error></Errors><RequestID>${randomUUID()}</RequestID></Response>`
      : `<ErrorResponse xmlns="${NAMESPACES[service] ?? ''}"><Error><Type>${type}</Type>${details}</Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`;
  return { status: error.status, contentType: 'text/xml', body };
}

/** `Tags.member.1.Key=a&Tags.member.1.Value=b` as `{ a: 'b' }`. */
export function tagsIn(form: URLSearchParams, prefix = 'Tags.member'): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let index = 1; form.has(`${prefix}.${index}.Key`); index += 1) {
    tags[form.get(`${prefix}.${index}.Key`) ?? ''] = form.get(`${prefix}.${index}.Value`) ?? '';
  }
  return tags;
}

/** `Capabilities.member.1=…` as a list. */
export function listIn(form: URLSearchParams, prefix: string): string[] {
  const values: string[] = [];
  for (let index = 1; form.has(`${prefix}.${index}`); index += 1) values.push(form.get(`${prefix}.${index}`) ?? '');
  return values;
}

/** One page of a list, and the token of the next. */
export function pageOf<Item>(
  items: Item[],
  token: string | null,
  size: number,
): { page: Item[]; next: string | undefined } {
  const start = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString()) || 0;
  const page = items.slice(start, start + size);
  const end = start + page.length;
  return { page, next: end < items.length ? Buffer.from(String(end)).toString('base64url') : undefined };
}
