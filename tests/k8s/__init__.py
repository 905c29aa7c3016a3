"""The same build in pods of a real cluster: `make test-k8s`; never part of `make test`.

Takes the cluster that KUBECONFIG names (kind, k3d, your own) as somebody who may make a namespace
and a Role in it; Airflow then runs here with no more rights than include/kubernetes gives it. By
default everything is tiny: crawl, models, and an image with these tests in it. For a cluster that
takes images from Docker on this machine:

    docker build --target tasks --tag realsyn-tasks:dev .
    docker build --file tests/k8s/Dockerfile --tag realsyn-tasks:tiny .
    kind load docker-image realsyn-tasks:tiny          # or how your cluster gets its images
    KUBECONFIG=~/.kube/config make test-k8s

`test_pods.py` has single pods: that the API server takes include/kubernetes, what a pod may do,
that its Secret goes with it, and that a stop deletes it. An API server and controllers without a
node do for `-k 'takes_each or goes_with_it or its_stopped'`. Nothing here asks whether a
NetworkPolicy or a pod security standard is enforced: that takes a network plugin that minds them,
and Kubernetes 1.25.

What a cluster has otherwise, the environment says:

REALSYN_K8S_IMAGE       image of the pods (realsyn-tasks:tiny)
REALSYN_K8S_NAMESPACE   namespace, made if it is not there (realsyn)
REALSYN_K8S_S3          S3 endpoint as the pods and this machine reach it, with the bucket
                        REALSYN_K8S_BUCKET (realsyn) and credentials in AWS_ACCESS_KEY_ID and
                        AWS_SECRET_ACCESS_KEY. Without it an emulator runs on this machine's
                        loopback, and the pods share its network: for a one-node cluster here
REALSYN_K8S_CRAWL       a crawl folder, in place of the tiny one; then with the models in the image
REALSYN_K8S_TARGET      number of pairs (6)
REALSYN_K8S_PROFILE     what models, batches and partitions come from (local); pods come from the
                        profile production in any case, the expected dataset from local processes
REALSYN_K8S_STOP, REALSYN_K8S_START   shell commands that stop and start the cluster; without them
                        the test that needs them is skipped
REALSYN_K8S_TIMEOUT     seconds that one build may take (3600)
"""
