/** A fleet file that is right, for tests that only need one. */
export const SMALL_FLEET = `
teamId: T0TEAM
maintenanceChannel: C0MAINT00
requesters: { users: [U0MAYA000] }
approvers: { users: [U0SAM0000] }
clusters:
  - name: coast
    region: us-west-2
    account: "111122223333"
    config: { remote: /tmp/configs.git, branch: main, path: coast.jsonnet }
`;
