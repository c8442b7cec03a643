import HostCore

extension Deployment {
    /// Where a container has the weights and the key.
    private static let containerModels = "/models"
    private static let containerKey = "/run/secrets/api-key"

    /// A Dockerfile for the folder of an unpacked bundle.
    var docker: String {
        """
        # Dockerfile. In the folder of an unpacked bundle (.ci/bundle makes one):
        #   docker build -t modelhost .
        #   docker run --rm -p \(port):\(port) -v "$PWD/models:\(Deployment.containerModels):ro" -v "$PWD/api-key:\(Deployment.containerKey):ro" modelhost
        # With a card: --gpus all; the driver comes from the machine.
        FROM debian:12-slim
        RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 libcurl4 ca-certificates && rm -rf /var/lib/apt/lists/*
        COPY . /opt/modelhost
        RUN useradd --system --create-home --home-dir /var/lib/modelhost modelhost
        USER modelhost
        WORKDIR /var/lib/modelhost
        EXPOSE \(port)
        # It finishes the texts that run: give it \(stopSeconds) seconds (docker stop -t \(stopSeconds)).
        STOPSIGNAL SIGTERM
        HEALTHCHECK --interval=10s --timeout=3s --start-period=120s \\
            CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port) && printf 'GET /health HTTP/1.0\\\\r\\\\nHost: localhost\\\\r\\\\n\\\\r\\\\n' >&3 && head -1 <&3 | grep -q ' 200 '"]
        ENTRYPOINT \(["/opt/modelhost/modelhost"].jsonList)
        CMD \(containerArguments.jsonList)
        """
    }

    /// For `docker compose`, beside that Dockerfile.
    var compose: String {
        """
        # compose.yaml, beside the Dockerfile of `modelhost deploy docker`: docker compose up -d
        services:
          modelhost:
            build: .
            image: modelhost
            command: \(containerArguments.jsonList)
            ports:
              - "\(port):\(port)"
            volumes:
              - ./models:\(Deployment.containerModels):ro
            secrets:
              - api-key
            restart: unless-stopped
            # It finishes the texts that run.
            stop_grace_period: \(stopSeconds)s
            # The host keeps to a quarter of this for its clients, and loads no model that does not fit.
            # mem_limit: 8g
            # With a card:
            # deploy:
            #   resources:
            #     reservations:
            #       devices:
            #         - driver: nvidia
            #           count: 1
            #           capabilities: [gpu]
          # What several hosts share: add --state-store=redis://store to their command. It keeps what was used last, and
          # conversations of the page as long as they are not deleted.
          # store:
          #   image: redis:7
          #   command: ["--maxmemory", "8gb", "--maxmemory-policy", "volatile-lru"]
          #   restart: unless-stopped
        secrets:
          api-key:
            # A file whose only line is the key.
            file: ./api-key
        """
    }

    /// A Deployment and its Service.
    var kubernetes: String {
        """
        # modelhost.yaml: kubectl apply -f modelhost.yaml
        #
        # First the key:  kubectl create secret generic modelhost --from-file=api-key
        # and the weights, on a volume that pods may read: the claim modelhost-models.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: modelhost
          labels: {app: modelhost}
        spec:
          # More of them with --state-store=redis://… among the arguments: any then goes on with any chat.
          replicas: 1
          selector:
            matchLabels: {app: modelhost}
          strategy:
            rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
          template:
            metadata:
              labels: {app: modelhost}
            spec:
              # From the signal until the last text has ended.
              terminationGracePeriodSeconds: \(stopSeconds)
              securityContext: {runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001}
              containers:
                - name: modelhost
                  image: modelhost
                  args: \(kubernetesArguments.jsonList)
                  ports:
                    - {name: http, containerPort: \(port)}
                  # Alive as long as it answers; ready while a model serves and the queue has room.
                  livenessProbe:
                    httpGet: {path: /health, port: http, httpHeaders: [{name: Host, value: localhost}]}
                    periodSeconds: 10
                  readinessProbe:
                    httpGet: {path: /health/ready, port: http, httpHeaders: [{name: Host, value: localhost}]}
                    periodSeconds: 2
                  startupProbe:
                    httpGet: {path: /health, port: http, httpHeaders: [{name: Host, value: localhost}]}
                    periodSeconds: 2
                    failureThreshold: 150
                  # Memory for the weights, and a quarter more for clients. A card: nvidia.com/gpu: 1
                  resources:
                    requests: {cpu: "2", memory: 4Gi}
                    limits: {memory: 8Gi}
                  volumeMounts:
                    - {name: models, mountPath: \(Deployment.containerModels), readOnly: true}
                    - {name: key, mountPath: /run/secrets, readOnly: true}
              volumes:
                - name: models
                  persistentVolumeClaim: {claimName: modelhost-models}
                - name: key
                  secret: {secretName: modelhost, defaultMode: 288}
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: modelhost
        spec:
          selector: {app: modelhost}
          ports:
            - {name: http, port: 80, targetPort: http}
        """
    }

    private var containerArguments: [String] { arguments(key: Deployment.containerKey, models: Deployment.containerModels) }

    /// Others call the pod by the name of its service.
    private var kubernetesArguments: [String] {
        containerArguments + (names.contains("modelhost") ? [] : ["--allowed-hosts=modelhost"])
            + (flags.contains { $0.hasPrefix("--drain-grace") } ? [] : ["--drain-grace=5"])
    }
}
