import { parseVersion } from '#src/domain/version.ts';
import type { JsonObject } from '../json.ts';
import { textAt } from '../json.ts';
import { factsOf, recommendedImage, releaseVersionOf } from '../versions.ts';
import { AwsError } from './errors.ts';
import type { AwsRequest, AwsResponse } from './request.ts';

/** GetParameter of the public AMI parameters, as eksctl's resolver asks for them (pkg/ami/ssm_resolver.go). JSON 1.1. */
export function ssmAnswer(request: AwsRequest, operation: string): AwsResponse {
  if (operation !== 'GetParameter')
    throw new AwsError('InvalidAction', `the simulator has no operation ${operation} of ssm`, 400);
  const name = textAt(JSON.parse(request.body) as JsonObject, 'Name') ?? '';
  const value = parameter(name, request.region);
  if (value === undefined) throw new AwsError('ParameterNotFound', '', 400);
  return json(200, { Parameter: { Name: name, Type: 'String', Value: value, Version: 1 } });
}

function parameter(name: string, region: string): string | undefined {
  const match =
    /^\/aws\/service\/eks\/optimized-ami\/(1\.\d+)\/(amazon-linux-2023\/x86_64\/(standard|nvidia)|amazon-linux-2(-gpu)?)\/recommended\/(image_id|release_version)$/.exec(
      name,
    );
  const version = parseVersion(match?.[1] ?? '');
  if (match === null || version === undefined || factsOf(version) === undefined) return undefined;
  if (match[5] === 'release_version') return releaseVersionOf(version);
  const family = match[2]?.startsWith('amazon-linux-2023') === true ? 'AL2023' : 'AL2';
  return recommendedImage({ version, region, family, accelerated: match[3] === 'nvidia' || match[4] === '-gpu' })
    ?.imageId;
}

export function ssmError(error: AwsError): AwsResponse {
  return json(error.status, { __type: error.code, message: error.message });
}

function json(status: number, body: JsonObject): AwsResponse {
  return { status, contentType: 'application/x-amz-json-1.1', body: JSON.stringify(body) };
}
