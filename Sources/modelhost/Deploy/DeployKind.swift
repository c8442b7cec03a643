/// What `modelhost deploy` writes a file for.
enum DeployKind: String, CaseIterable {
    case systemd, docker, compose, haproxy, kubernetes, nginx

    func text(_ deployment: Deployment) -> String {
        switch self {
        case .systemd: deployment.systemd
        case .docker: deployment.docker
        case .compose: deployment.compose
        case .haproxy: deployment.haproxy
        case .kubernetes: deployment.kubernetes
        case .nginx: deployment.nginx
        }
    }
}
