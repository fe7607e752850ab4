import { describe, expect, it } from 'vitest';
import type { PlanNote } from '#src/domain/plan.ts';
import { type PlanRequest, planUpgrade } from '#src/domain/plan-upgrade.ts';
import {
  aConfigGroup,
  aGroup,
  aRequest,
  type Changes,
  eksAddon,
  nodesOf,
  selfManagedAddons,
  unchecked,
} from '#test/support/observations.ts';

/** The texts are read by approvers at any hour: what it is, what it means for users, what to do. */
type Case = [title: string, request: PlanRequest, notes: PlanNote[]];

/** 1.20 → 1.21 removes nothing, and without add-ons there is nothing to say about them. */
const QUIET: Changes = { version: '1.20', addons: [] };

const REFUSALS: Case[] = [
  [
    'a downgrade',
    aRequest('1.21'),
    [
      {
        id: 'not-an-upgrade',
        text: '1.21 is not an upgrade: the control plane of coast is at 1.22, and this bot never goes back. Possible for coast: 1.23, 1.24, 1.25, 1.26, 1.27, 1.28, 1.29, 1.30, 1.31, 1.32, 1.33, 1.34, 1.35, 1.36.',
      },
    ],
  ],
  [
    'a version EKS does not offer',
    aRequest('1.25', { offered: ['1.22', '1.23', '1.24'] }),
    [{ id: 'version-not-offered', text: 'EKS does not offer Kubernetes 1.25. Possible for coast: 1.23, 1.24.' }],
  ],
  [
    'nothing newer is offered',
    aRequest('1.23', { offered: ['1.22'] }),
    [{ id: 'version-not-offered', text: 'EKS does not offer Kubernetes 1.23. Possible for coast: none.' }],
  ],
  [
    'a minor on the way is not offered any more',
    aRequest('1.24', { offered: ['1.22', '1.24'] }),
    [
      {
        id: 'hop-not-offered:1.23',
        text: 'The way from 1.22 to 1.24 leads through 1.23, which EKS does not offer any more, and no minor can be left out. Create a new cluster and move the workloads, or ask AWS support.',
      },
    ],
  ],
  [
    'an update in flight',
    aRequest('1.23', { cluster: { status: 'UPDATING' } }),
    [
      {
        id: 'update-in-flight',
        text: 'coast is being updated right now (EKS status UPDATING), by somebody or something else. Wait until the status is ACTIVE, then ask again.',
      },
    ],
  ],
  [
    'a cluster that failed',
    aRequest('1.23', { cluster: { status: 'FAILED' } }),
    [
      {
        id: 'cluster-not-active',
        text: "coast has the EKS status FAILED, and only an ACTIVE cluster can be upgraded. See the cluster's health in the EKS console, repair it, then ask again.",
      },
    ],
  ],
  [
    'runbook where the fleet file does not allow it',
    { ...aRequest('1.24'), policy: { skew: 'runbook', allowedSkew: 'supported', coreGroups: ['core-*'] } },
    [
      {
        id: 'runbook-skew-not-allowed',
        text: 'The skew policy "runbook" (nodes ahead of the control plane) is not allowed for coast. Ask for "supported", or allow it with skewPolicy: runbook in the fleet file.',
      },
    ],
  ],
  [
    'the config of another cluster',
    aRequest('1.23', { config: { clusterName: 'reef' } }),
    [
      {
        id: 'config-other-cluster',
        text: 'The config coast.jsonnet is for the cluster "reef", not for coast. Correct the config\'s path in the fleet file, or metadata.name in the config.',
      },
    ],
  ],
  [
    'the config of another region',
    aRequest('1.23', { config: { region: 'eu-west-1' } }),
    [
      {
        id: 'config-other-region',
        text: 'The config coast.jsonnet says region "eu-west-1", but coast is in us-west-2. Correct metadata.region in the config, or the cluster\'s region in the fleet file.',
      },
    ],
  ],
  [
    'a config whose version is "latest"',
    aRequest('1.23', { config: { version: 'latest' } }),
    [
      {
        id: 'config-version-unusable',
        text: 'The config coast.jsonnet says metadata.version "latest", which is not a Kubernetes version 1.N; eksctl takes an empty one or "auto" as "one minor more on every run". Write what runs now, "1.22", then ask again.',
      },
    ],
  ],
  [
    'a config without a version',
    aRequest('1.23', { config: { version: '' } }),
    [
      {
        id: 'config-version-unusable',
        text: 'The config coast.jsonnet says metadata.version "", which is not a Kubernetes version 1.N; eksctl takes an empty one or "auto" as "one minor more on every run". Write what runs now, "1.22", then ask again.',
      },
    ],
  ],
  [
    'groups in progress or failed',
    aRequest('1.23', {
      groups: [
        aGroup('core-a', '1.22'),
        aGroup('nb', '1.22', { status: 'ROLLBACK_COMPLETE' }),
        aGroup('gpu', '1.22', { kind: 'managed', status: 'UPDATING' }),
      ],
    }),
    [
      {
        id: 'node-group-not-ready:gpu,nb',
        text: 'Node groups are not in a state to be upgraded: nb is ROLLBACK_COMPLETE, gpu is UPDATING. Wait for what is in progress; repair or delete what failed (eksctl takes a failed stack for an existing group and leaves it out without an error); then ask again.',
      },
    ],
  ],
  [
    'a group of another kind than the config says',
    aRequest('1.23', {
      groups: [aGroup('core-a', '1.22'), aGroup('nb', '1.22', { kind: 'managed' })],
      configGroups: [aConfigGroup('core-a'), aConfigGroup('nb')],
    }),
    [
      {
        id: 'group-kind-differs:nb',
        text: 'Config and AWS disagree about the kind of node groups: nb is self-managed in the config and managed in AWS. Move them between nodeGroups and managedNodeGroups in the config so that it says what runs, then ask again.',
      },
    ],
  ],
  [
    'a group newer than the target',
    aRequest('1.23', { groups: [aGroup('core-a', '1.22'), aGroup('nb', '1.24')] }),
    [
      {
        id: 'group-newer-than-target:nb',
        text: 'Node groups are newer than 1.23: nb at 1.24. After this upgrade they would still be ahead of the control plane, which Kubernetes does not support. Ask for their version or a newer one.',
      },
    ],
  ],
  [
    'no group matches the core patterns',
    aRequest('1.23', { groups: [aGroup('main-a', '1.22'), aGroup('nb', '1.22')] }),
    [
      {
        id: 'no-core-group',
        text: "No node group matches the fleet file's patterns of core groups (core-*), so it is not known which one must keep running while others are deleted. Set coreGroups for this cluster in the fleet file.",
      },
    ],
  ],
  [
    'the core group is not in AWS',
    aRequest('1.23', { groups: [aGroup('nb', '1.22')], configGroups: [aConfigGroup('core-a'), aConfigGroup('nb')] }),
    [
      {
        id: 'core-group-missing:core-a',
        text: 'The core node group core-a is in the config but not in AWS, so nothing is known to keep running while other groups are deleted. Create it (eksctl create nodegroup --include=core-a), or correct its name in the config, then ask again.',
      },
    ],
  ],
  [
    'the core group lives under its other name',
    aRequest('1.23', {
      groups: [aGroup('core-b', '1.22'), aGroup('nb', '1.22')],
      configGroups: [aConfigGroup('core-a'), aConfigGroup('nb')],
    }),
    [
      {
        id: 'core-name-drift:core-a',
        text: "The core node group runs as core-b, but the config says core-a: an earlier upgrade has swapped it and its change was not committed or merged. Merge that upgrade's branch, or rename it in the config (npm run edit-config -- --config coast.jsonnet --to 1.22 --rename core-a=core-b --write), then ask again.",
      },
    ],
  ],
  [
    'a core group without a letter',
    aRequest('1.23', { groups: [aGroup('core-main', '1.22')] }),
    [
      {
        id: 'core-name-shape:core-main',
        text: 'The core node group "core-main" has no letter at the end of its name, so its replacement cannot be named. Rename it once by hand so that it ends in -a (for example core-main-a); from then on the name alternates between -a and -b.',
      },
    ],
  ],
  [
    'a core group whose other name is in the config',
    aRequest('1.23', { groups: [aGroup('core-a', '1.22'), aGroup('core-b', '1.23')] }),
    [
      {
        id: 'core-name-taken:core-a',
        text: 'The replacement of the core node group core-a would be called core-b, but the config has another group of that name. Rename one of them so that both letters of a pair (a and b, c and d, …) are free for each core group.',
      },
    ],
  ],
  [
    'a core group whose other name is in AWS, at another version',
    aRequest('1.23', {
      groups: [aGroup('core-a', '1.22'), aGroup('core-b', '1.22')],
      configGroups: [aConfigGroup('core-a')],
    }),
    [
      {
        id: 'core-name-taken:core-a',
        text: 'The replacement of the core node group core-a would be called core-b, but a group of that name is in AWS already (CREATE_COMPLETE, at 1.22), and eksctl would leave it out without an error. If nothing runs on it, delete it; then ask again.',
      },
    ],
  ],
  [
    'a group outside the config that would be too old',
    aRequest('1.24', {
      groups: [aGroup('core-a', '1.22'), aGroup('old', '1.21')],
      configGroups: [aConfigGroup('core-a')],
    }),
    [
      {
        id: 'group-left-behind:old',
        text: 'Node groups that are not in the config would be left too far behind, and their nodes would stop working: old at 1.21 is too old for 1.24. Delete them when they are empty, or add them to the config so that they are upgraded too; then ask again.',
      },
    ],
  ],
  [
    'Amazon Linux 2 from 1.33 on',
    aRequest('1.33', {
      version: '1.32',
      groups: ['core-a', 'nb-small', 'dask-worker'].map((name) => aGroup(name, '1.32', { amiFamily: 'AmazonLinux2' })),
      configGroups: ['core-a', 'nb-small', 'dask-worker'].map((name) =>
        aConfigGroup(name, { amiFamily: 'AmazonLinux2' }),
      ),
    }),
    [
      {
        id: 'al2-not-available:core-a,dask-worker,nb-small',
        text: 'Amazon Linux 2 ends with Kubernetes 1.32, and the config says amiFamily: AmazonLinux2 for core-a, nb-small, dask-worker. Change it to AmazonLinux2023 (a managed group needs to be created anew for that) and set allowAmiFamilyChange: true for coast in the fleet file, then ask again.',
      },
    ],
  ],
  [
    'another operating system, because the config does not say which',
    aRequest('1.24', {
      groups: ['core-a', 'nb-small'].map((name) => aGroup(name, '1.23', { amiFamily: 'AmazonLinux2' })),
      configGroups: ['core-a', 'nb-small'].map((name) => aConfigGroup(name, { amiFamily: null })),
    }),
    [
      {
        id: 'ami-family-changes:AmazonLinux2>AmazonLinux2023:core-a,nb-small',
        text: "Node groups come back with another operating system, AmazonLinux2 → AmazonLinux2023: core-a, nb-small. The config does not say amiFamily, and eksctl then takes AmazonLinux2023 today. What was built for AmazonLinux2 (boot scripts, GPU drivers, cgroup v1) may fail for users. To keep it, write amiFamily: 'AmazonLinux2', into both of these groups in coast.jsonnet; to let it change, set allowAmiFamilyChange: true for coast in the fleet file. Then ask again.",
      },
    ],
  ],
  [
    'other operating systems that the config itself asks for, each with what it was',
    aRequest('1.24', {
      config: { path: 'eksctl/coast.yaml' },
      groups: [
        aGroup('core-a', '1.23', { amiFamily: 'AmazonLinux2' }),
        aGroup('nb-small', '1.23', { amiFamily: 'Bottlerocket' }),
      ],
      configGroups: [
        aConfigGroup('core-a', { amiFamily: 'Bottlerocket' }),
        aConfigGroup('nb-small', { amiFamily: null }),
      ],
    }),
    [
      {
        id: 'ami-family-changes:AmazonLinux2>Bottlerocket:core-a',
        text: 'Node groups come back with another operating system, AmazonLinux2 → Bottlerocket: core-a. The config says so. What was built for AmazonLinux2 (boot scripts, GPU drivers, cgroup v1) may fail for users. To keep it, write amiFamily: AmazonLinux2 into core-a in eksctl/coast.yaml; to let it change, set allowAmiFamilyChange: true for coast in the fleet file. Then ask again.',
      },
      {
        id: 'ami-family-changes:Bottlerocket>AmazonLinux2023:nb-small',
        text: 'Node groups come back with another operating system, Bottlerocket → AmazonLinux2023: nb-small. The config does not say amiFamily, and eksctl then takes AmazonLinux2023 today. What was built for Bottlerocket (boot scripts, GPU drivers, cgroup v1) may fail for users. To keep it, write amiFamily: Bottlerocket into nb-small in eksctl/coast.yaml; to let it change, set allowAmiFamilyChange: true for coast in the fleet file. Then ask again.',
      },
    ],
  ],
  [
    'Amazon Linux 2 that cannot be kept from 1.33 on',
    aRequest('1.33', {
      version: '1.32',
      groups: [aGroup('core-a', '1.32', { amiFamily: 'AmazonLinux2' })],
      configGroups: [aConfigGroup('core-a', { amiFamily: null })],
    }),
    [
      {
        id: 'ami-family-changes:AmazonLinux2>AmazonLinux2023:core-a',
        text: 'Node groups come back with another operating system, AmazonLinux2 → AmazonLinux2023: core-a. The config does not say amiFamily, and eksctl then takes AmazonLinux2023 today. What was built for AmazonLinux2 (boot scripts, GPU drivers, cgroup v1) may fail for users. AmazonLinux2 cannot be kept, because it ends with Kubernetes 1.32: see that your pods run on AmazonLinux2023, then set allowAmiFamilyChange: true for coast in the fleet file, and ask again.',
      },
    ],
  ],
];
const WARNINGS: Case[] = [
  [
    'users at work',
    aRequest('1.21', { ...QUIET, activity: { total: 4, byNamespace: { prod: 3, staging: 1 } } }),
    [
      {
        id: 'activity',
        text: 'The cluster is in use: 4 pods of users now (prod: 3, staging: 1). Those on a node group that is replaced are stopped, and approving this plan takes that on for as many as are there now. They are counted again right before, and with more of them the run waits for a person. Better: announce the maintenance, or wait until they have left.',
      },
    ],
  ],
  [
    'users at work, and no group replaced',
    aRequest('1.21', {
      ...QUIET,
      groups: [aGroup('core-a', '1.21')],
      activity: { total: 1, byNamespace: { prod: 1 } },
    }),
    [
      {
        id: 'activity',
        text: 'The cluster is in use: 1 pod of users now (prod: 1). No node group is replaced, so they keep running; starting new ones may fail for some minutes while the API server changes.',
      },
      {
        id: 'groups-ahead:core-a',
        text: 'Node groups are ahead of the control plane (1.20) already: core-a at 1.21. Kubernetes does not support that; this plan does not make it worse, and each hop of the control plane brings it closer. Nothing to do, but do not stop half-way.',
      },
    ],
  ],
  [
    'nodes ahead of the control plane',
    aRequest('1.21', { ...QUIET, version: '1.18', skew: 'runbook' }),
    [
      {
        id: 'nodes-ahead',
        text: 'Nodes run ahead of the control plane, which is not supported by Kubernetes: nodes at 1.21 while the control plane is at 1.20. It saves a rotation, so users are disturbed once less; until the control plane has caught up, pods may fail in ways nobody has tested. To avoid it, reject this plan and set skewPolicy: supported for coast in the fleet file.',
      },
    ],
  ],
  [
    'a group that could not be checked',
    aRequest('1.21', { ...QUIET, groups: [aGroup('core-a', '1.20'), unchecked('nb')] }),
    [
      {
        id: 'could-not-check:nb',
        text: 'The version of node groups could not be checked: nb (its AMI ami-0abc is a custom one). They are upgraded in any case where this plan upgrades others, and are taken to be as old as the oldest group that could be checked. If they use an AMI of their own, its version stays what the config names: check it by hand.',
      },
    ],
  ],
  [
    'a group ahead of the control plane',
    aRequest('1.21', { ...QUIET, groups: [aGroup('core-a', '1.21')] }),
    [
      {
        id: 'groups-ahead:core-a',
        text: 'Node groups are ahead of the control plane (1.20) already: core-a at 1.21. Kubernetes does not support that; this plan does not make it worse, and each hop of the control plane brings it closer. Nothing to do, but do not stop half-way.',
      },
    ],
  ],
  [
    'a group older than Kubernetes supports',
    aRequest('1.21', { ...QUIET, groups: [aGroup('core-a', '1.17')] }),
    [
      {
        id: 'groups-too-old:core-a',
        text: 'Node groups are older than Kubernetes supports with the control plane at 1.20: core-a at 1.17. Their pods may already misbehave. This plan upgrades them as soon as it can; check their pods afterwards.',
      },
    ],
  ],
  [
    'a group in AWS only',
    aRequest('1.21', {
      ...QUIET,
      groups: [aGroup('core-a', '1.20'), aGroup('old', '1.19')],
      configGroups: [aConfigGroup('core-a')],
    }),
    [
      {
        id: 'groups-not-in-config:old',
        text: 'Node groups in AWS that are not in the config: old at 1.19. This run does not touch them: they are not deleted and stay at their version while the cluster goes to 1.21. Delete them when they are empty, or add them to the config.',
      },
    ],
  ],
  [
    'a group in the config only',
    aRequest('1.21', {
      ...QUIET,
      groups: [aGroup('core-a', '1.20')],
      configGroups: [aConfigGroup('core-a'), aConfigGroup('nb')],
    }),
    [
      {
        id: 'groups-missing:nb',
        text: 'Node groups in the config that are not in AWS: nb. This run does not create them, and users who need their nodes cannot get any. Afterwards create them (eksctl create nodegroup --include=nb), or take them out of the config.',
      },
    ],
  ],
  [
    'a core group whose replacement is there',
    aRequest('1.21', {
      ...QUIET,
      groups: [aGroup('core-a', '1.20'), aGroup('core-b', '1.21')],
      configGroups: [aConfigGroup('core-a')],
    }),
    [
      {
        id: 'core-already-created:core-b',
        text: 'The replacement of the core node group is there already (core-b at 1.21), as an earlier run leaves it when it stops half-way. It is used as it is. Nothing to do.',
      },
    ],
  ],
  [
    'a core group with more nodes than the config lets its replacement have',
    aRequest('1.21', {
      ...QUIET,
      groups: [aGroup('core-a', '1.20', { nodes: nodesOf('core-a', 3, '1.20') })],
      configGroups: [aConfigGroup('core-a', { minSize: 1, maxSize: 1 })],
    }),
    [
      {
        id: 'core-smaller:core-a',
        text: 'The core node group shrinks: core-a has 3 nodes and its replacement starts with 1. Until the autoscaler has grown it, core services may wait for room, and users may see errors. Raise maxSize in the config before, or be ready to wait some minutes.',
      },
    ],
  ],
  [
    'an operating system that changes, where the fleet file allows it',
    aRequest('1.21', {
      ...QUIET,
      allowAmiFamilyChange: true,
      groups: ['core-a', 'nb-small'].map((name) => aGroup(name, '1.20', { amiFamily: 'AmazonLinux2' })),
      configGroups: [aConfigGroup('core-a'), aConfigGroup('nb-small', { amiFamily: null })],
    }),
    [
      {
        id: 'ami-family-changes:AmazonLinux2>AmazonLinux2023:core-a,nb-small',
        text: 'Node groups come back with another operating system, AmazonLinux2 → AmazonLinux2023: core-a, nb-small. The config says so, or does not say amiFamily, and eksctl then takes AmazonLinux2023 today. What was built for AmazonLinux2 (boot scripts, GPU drivers, cgroup v1) may fail for users. The fleet file allows it for this cluster (allowAmiFamilyChange).',
      },
    ],
  ],
  [
    'an operating system that nobody can tell',
    aRequest('1.21', {
      ...QUIET,
      groups: ['core-a', 'nb-small'].map((name) => aGroup(name, '1.20', { amiFamily: null })),
      configGroups: [aConfigGroup('core-a'), aConfigGroup('nb-small', { amiFamily: null })],
    }),
    [
      {
        id: 'ami-family-not-stated',
        text: 'It could not be told which operating system node groups have (nb-small), and the config does not say. eksctl takes its default, AmazonLinux2023 today, so nodes that ran Amazon Linux 2 come back with another one, and what was built for it (boot scripts, GPU drivers, cgroup v1) may fail for users. To keep it, set amiFamily in the config before you approve.',
      },
    ],
  ],
  [
    'policies that somebody put on roles of groups that it deletes, with what takes them off',
    aRequest('1.21', {
      ...QUIET,
      findings: {
        foreignPolicies: [
          {
            group: 'nb-small',
            role: 'eksctl-coast-nodegroup-nb-small-NodeInstanceRole-1ABC',
            attached: [{ name: 'S3', arn: 'arn:aws:iam::aws:policy/S3' }],
            inline: ['by-hand'],
          },
          { group: 'not-planned', role: 'x', attached: [], inline: ['y'] },
        ],
      },
    }),
    [
      {
        id: 'role-policies:nb-small=S3+inline by-hand',
        text: 'Somebody put policies on the roles of node groups: nb-small (S3, inline by-hand). With them CloudFormation cannot delete the group: its nodes go, its stack stays as DELETE_FAILED, and the run stops with users left without these nodes. The new group does not get them either. What it needs belongs into the config (iam.attachPolicyARNs); then take them off before you approve: aws iam detach-role-policy --role-name eksctl-coast-nodegroup-nb-small-NodeInstanceRole-1ABC --policy-arn arn:aws:iam::aws:policy/S3; aws iam delete-role-policy --role-name eksctl-coast-nodegroup-nb-small-NodeInstanceRole-1ABC --policy-name by-hand',
      },
    ],
  ],
  [
    'roles that it may not look at',
    aRequest('1.21', {
      ...QUIET,
      findings: { unseenRoles: { groups: ['nb-small', 'not-planned'], why: 'AWS denies iam:ListRolePolicies' } },
    }),
    [
      {
        id: 'role-policies-not-checked',
        text: "Whether somebody put policies on the roles of node groups could not be checked (nb-small): AWS denies iam:ListRolePolicies. If somebody did, their deletion stops half-way, and users are left without these nodes until the policy is off. Look at the roles' permissions in the IAM console, or give the bot that right and ask again.",
      },
    ],
  ],
  [
    'nodes and Auto Scaling groups that no stack explains',
    aRequest('1.21', {
      ...QUIET,
      findings: {
        unexplained: [
          { kind: 'nodes', group: 'ghost', what: ['ip-1', 'ip-2'] },
          { kind: 'nodes', group: null, what: ['ip-3'] },
          { kind: 'scaling-group', group: null, what: ['by-hand-asg'] },
        ],
      },
    }),
    [
      {
        id: 'groups-without-stack:by-hand-asg,ghost,nodes-of-no-group',
        text: 'The cluster has nodes or Auto Scaling groups that no stack of eksctl explains: nodes of a group ghost (ip-1, ip-2); nodes of no group (ip-3); the Auto Scaling group by-hand-asg. This run does not touch them: they are not deleted and stay at their version while the cluster goes to 1.21, and their nodes may stop working. Find out whose they are before you approve.',
      },
    ],
  ],
  [
    'sizes that somebody changed in AWS, with what they will be; not how many nodes the autoscaler has made of them',
    aRequest('1.21', {
      ...QUIET,
      findings: {
        liveSizes: [
          { group: 'nb-small', min: 0, max: 40 },
          { group: 'core-a', min: 2, max: 10 },
          { group: 'dask-worker', min: 0, max: 10 },
        ],
      },
    }),
    [
      {
        id: 'group-sizes-differ:core-a,nb-small',
        text: 'Somebody changed the sizes of node groups in AWS, and they come back with those of the config: core-a at least 2 → 0 nodes; nb-small at most 40 → 10 nodes. Users may find fewer nodes than they have now. Write the sizes you want into the config before you approve.',
      },
    ],
  ],
  [
    'a degraded managed group',
    aRequest('1.21', { ...QUIET, groups: [aGroup('core-a', '1.20', { kind: 'managed', status: 'DEGRADED' })] }),
    [
      {
        id: 'groups-degraded:core-a',
        text: "EKS calls managed node groups degraded: core-a. Their update may fail half-way, which leaves users with fewer nodes. See the groups' health issues in the EKS console and repair them before you approve.",
      },
    ],
  ],
  [
    'self-managed add-ons, below 1.23',
    aRequest('1.21', { ...QUIET, addons: selfManagedAddons('1.20') }),
    [
      {
        id: 'kube-proxy-image-below-1.23',
        text: 'The image of kube-proxy may fail to be pulled below Kubernetes 1.23. Its old pods keep running, users notice nothing, and it recovers with 1.23: nothing to do.',
      },
    ],
  ],
  [
    'an add-on the next control plane does not take',
    aRequest('1.21', {
      ...QUIET,
      addons: [
        eksAddon('coredns', 'v1.7.0-eksbuild.1', { '1.20': ['v1.7.0-eksbuild.1'], '1.21': ['v1.8.4-eksbuild.1'] }),
      ],
    }),
    [
      {
        id: 'add-on-incompatible:coredns',
        text: 'EKS does not list coredns v1.7.0-eksbuild.1 for Kubernetes 1.21, and offers no newer version that fits before and after that hop. Between the control plane and the add-ons step it may not work as it should; it is updated right after the hop.',
      },
    ],
  ],
  [
    'vpc-cni without a version of each minor',
    aRequest('1.21', {
      ...QUIET,
      addons: [
        eksAddon('vpc-cni', 'v1.10.1-eksbuild.1', {
          '1.20': ['v1.10.1-eksbuild.1'],
          '1.21': ['v1.12.0-eksbuild.1', 'v1.10.1-eksbuild.1'],
        }),
      ],
    }),
    [
      {
        id: 'add-on-skips-a-minor:vpc-cni',
        text: 'vpc-cni moves one minor at a time as an EKS add-on, but from v1.10.1-eksbuild.1 EKS offers no version of every minor on the way for Kubernetes 1.21. EKS may refuse the update; then update vpc-cni by hand through the missing minor, and press Retry.',
      },
    ],
  ],
  [
    'an add-on EKS offers nothing of',
    aRequest('1.21', { ...QUIET, addons: [eksAddon('vendor_agent', 'v2.0.0', { '1.20': ['v2.0.0'] })] }),
    [
      {
        id: 'add-on-not-offered:vendor_agent',
        text: 'EKS offers no version of the add-on vendor_agent for a version on the way: it stays as it is, and may stop working. See what its vendor says about the target version before you approve.',
      },
    ],
  ],
  [
    'health issues',
    aRequest('1.21', { ...QUIET, cluster: { healthIssues: ['Ec2SubnetNotFound: subnet-0abc does not exist'] } }),
    [
      {
        id: 'cluster-health',
        text: 'EKS reports health issues of coast: Ec2SubnetNotFound: subnet-0abc does not exist. They may make the upgrade fail half-way. Repair them before you approve.',
      },
    ],
  ],
  [
    'removals on the way',
    aRequest('1.25', { ...QUIET, version: '1.23' }),
    [
      {
        id: 'removals',
        text: 'Things stop working in the versions on the way: 1.24 – dockershim: pods that mount docker.sock; 1.25 – PodSecurityPolicy, policy/v1beta1, batch/v1beta1 CronJob. Workloads that still use them break for their users. Check charts and manifests (EKS upgrade insights list what was called in the last 30 days) before you approve.',
      },
    ],
  ],
  [
    'a config with another version',
    aRequest('1.21', { ...QUIET, config: { version: '1.19' } }),
    [
      {
        id: 'config-version-differs',
        text: 'The config says version 1.19, but the control plane is at 1.20: an earlier change was not committed, or somebody upgraded by hand. Users notice nothing, and commands of this run get the right version; the commit at the end sets the config right.',
      },
    ],
  ],
];

describe('planUpgrade refuses', () => {
  it.each(REFUSALS)('%s', (_, request, refusals) => {
    const planned = planUpgrade(request);
    expect(planned.kind === 'plan' && planned.plan.refusals).toEqual(refusals);
  });
});

describe('planUpgrade warns of', () => {
  it.each(WARNINGS)('%s', (_, request, warnings) => {
    const planned = planUpgrade(request);
    expect(planned.kind === 'plan' && planned.plan.warnings).toEqual(warnings);
    expect(planned.kind === 'plan' && planned.plan.refusals).toEqual([]);
  });

  it('nothing on a quiet cluster', () => {
    const planned = planUpgrade(aRequest('1.21', QUIET));
    expect(planned.kind === 'plan' && planned.plan.warnings).toEqual([]);
  });

  it('extended support, with its end', () => {
    const request = aRequest('1.21', QUIET);
    const offered = request.observation.offeredVersions.find(({ version }) => version === '1.21');
    if (offered === undefined) throw new Error('1.21 is offered');
    Object.assign(offered, { support: 'extended', extendedSupportEnds: '2025-07-16T00:00:00Z' });
    const planned = planUpgrade(request);
    expect(planned.kind === 'plan' && planned.plan.warnings).toEqual([
      {
        id: 'extended-support',
        text: "1.21 is in extended support until 2025-07-16: the cluster's control plane costs $0.60 an hour instead of $0.10. Users notice nothing. Plan the next upgrade soon.",
      },
    ]);
  });
});
