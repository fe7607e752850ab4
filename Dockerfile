# One image for both halves of the bot; which one runs is the command:
#   docker run … eks-upgrade-bot                      both
#   docker run … eks-upgrade-bot node src/main.ts     the bot
#   docker run … eks-upgrade-bot node jobs/main.ts    the worker
#   docker exec <container> npm run --silent ops -- status
# where … is: --stop-timeout 30 --env-file bot.env -v ./fleet.yaml:/etc/eks-upgrade-bot/fleet.yaml:ro
# A stop waits up to 25 s for work to be handed over, and Docker's own patience is 10 s.
# Settings, and what git needs for SSH remotes: docs/settings.md. To pin the base image, build with
# --build-arg NODE_IMAGE=node:24-slim@sha256:…
ARG NODE_IMAGE=node:24-slim


# eksctl and jsonnet. The archives are the releases' own, and must have the checksums written here; eksctl's are those of
# https://github.com/eksctl-io/eksctl/releases/download/v0.230.0/eksctl_checksums.txt
FROM ${NODE_IMAGE} AS tools
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Debian keeps only its newest package versions, so that a pinned one soon cannot be installed; apt checks signatures.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*
ARG EKSCTL_VERSION=0.230.0
ARG EKSCTL_SHA256_AMD64=a2060956f117c3065abafda5c1f681679b9c3716675d70ce4ffff46033b02c35
ARG EKSCTL_SHA256_ARM64=21afe8a1e38f0e8153a1f27ff7af6b90e309a0411a1438139463dac2f866674d
ARG JSONNET_VERSION=0.21.0
ARG JSONNET_SHA256_AMD64=ad3181fde77726b02d17eb4e72687020bf2cb35b9336cdeaaca4783c7ff104f7
ARG JSONNET_SHA256_ARM64=4a263da605dbe2edb99529f495266211062fac476789f2119408bc223338f1d6
WORKDIR /tools
RUN case "$(dpkg --print-architecture)" in \
        amd64) eksctl_arch=amd64 eksctl_sum=$EKSCTL_SHA256_AMD64 jsonnet_arch=x86_64 jsonnet_sum=$JSONNET_SHA256_AMD64 ;; \
        arm64) eksctl_arch=arm64 eksctl_sum=$EKSCTL_SHA256_ARM64 jsonnet_arch=arm64 jsonnet_sum=$JSONNET_SHA256_ARM64 ;; \
        *) echo "no eksctl and jsonnet are pinned for $(dpkg --print-architecture): build for amd64 or arm64" >&2; exit 1 ;; \
    esac \
    && curl -fsSL --retry 3 -o eksctl.tar.gz "https://github.com/eksctl-io/eksctl/releases/download/v${EKSCTL_VERSION}/eksctl_Linux_${eksctl_arch}.tar.gz" \
    && curl -fsSL --retry 3 -o jsonnet.tar.gz "https://github.com/google/go-jsonnet/releases/download/v${JSONNET_VERSION}/go-jsonnet_Linux_${jsonnet_arch}.tar.gz" \
    && printf '%s  %s\n' "$eksctl_sum" eksctl.tar.gz "$jsonnet_sum" jsonnet.tar.gz | sha256sum --check --strict - \
    && mkdir bin \
    && tar -xzf eksctl.tar.gz -C bin --no-same-owner eksctl \
    && tar -xzf jsonnet.tar.gz -C bin --no-same-owner jsonnet \
    && chmod 0755 bin/eksctl bin/jsonnet \
    && bin/eksctl version \
    && bin/jsonnet --version


# What the bot runs on, without what it is tested with. Optional packages are left out: Node for Linux comes from the base
# image, and the native part of msgpackr has a stand-in in JavaScript.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts


FROM ${NODE_IMAGE}
# openssh-client: for git@… remotes. tini: as process 1 it passes signals on and buries orphans of git and eksctl.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git openssh-client tini \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o node -g node /var/lib/eks-upgrade-bot
COPY --from=tools /tools/bin/ /usr/local/bin/
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY script ./script
COPY src ./src
COPY jobs ./jobs

# Checkouts only; nothing in it needs to be kept. With a read-only root file system mount a tmpfs there and on /tmp.
# The young generation in MB, as in the scripts of package.json: the default of 16 makes a worker a third larger and
# nothing faster (test/bench/README.md).
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=4 \
    HOME=/home/node \
    FLEET_FILE=/etc/eks-upgrade-bot/fleet.yaml \
    WORK_DIR=/var/lib/eks-upgrade-bot \
    NODE_COMPILE_CACHE=/tmp/node-compile \
    PORT=3000
# node's user and group, as numbers: Kubernetes' runAsNonRoot cannot judge a name.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "script/start.ts"]
