import HostCore
import Support
import Testing

@testable import modelhost

@Suite("Files for other places")
struct DeployTests {
    private func text(_ kind: DeployKind, _ flags: String...) throws -> String {
        try kind.text(Deployment(Settings(arguments: ParsedArguments(["deploy", kind.rawValue] + flags), file: nil)))
    }

    @Test("every kind names the port, and those that start the host its flags", arguments: DeployKind.allCases)
    func flags(kind: DeployKind) throws {
        let text = try text(kind, "--listen-port", "7777", "--model", "a b\"c", "--parallel", "3", "--verbose")
        #expect(text.contains("7777"))
        guard kind != .haproxy, kind != .nginx else { return }
        for flag in [#""--model=a b\"c""#, #""--parallel=3""#, #""--verbose""#] { #expect(text.contains(flag), "\(flag)") }
        #expect(text.contains(kind == .systemd ? "%d/api-key" : "--api-key-file=/run/secrets/api-key"))
    }

    @Test("secrets stay here, and what stays is told", arguments: DeployKind.allCases)
    func secrets(kind: DeployKind) throws {
        let arguments = ["--api-key", "hidden1", "--admin-key", "hidden2", "--gradio-auth", "u:hidden3", "--page-dir", "/here"]
        let deployment = try Deployment(Settings(arguments: ParsedArguments(["deploy", kind.rawValue] + arguments), file: nil))
        let text = kind.text(deployment)
        #expect(!text.contains("hidden") && !text.contains("/here"))
        #expect(Set(deployment.leftOut) == ["admin-key", "gradio-auth"])
    }

    @Test("systemd takes percent and dollar signs as they are")
    func quoting() throws {
        #expect(try text(.systemd, "--model", "50% $HOME").contains(#""--model=50%% $$HOME""#))
    }

    @Test("the time to end is what the host promises, and a little more")
    func ends() throws {
        let flags = ["--drain-grace", "7", "--shutdown-timeout", "60"]
        let settings = try Settings(arguments: ParsedArguments(["deploy", "compose"] + flags), file: nil)
        #expect(DeployKind.compose.text(Deployment(settings)).contains("stop_grace_period: 77s"))
        #expect(DeployKind.systemd.text(Deployment(settings)).contains("TimeoutStopSec=77"))
        #expect(DeployKind.kubernetes.text(Deployment(settings)).contains("terminationGracePeriodSeconds: 77"))
    }

    @Test("a kind that is missing or unknown is told which there are", arguments: [["deploy"], ["deploy", "openrc"]])
    func kinds(arguments: [String]) throws {
        let parsed = try ParsedArguments(arguments), settings = try Settings(arguments: parsed, file: nil)
        let error = #expect(throws: UsageError.self) { try DeployCommand(arguments: parsed, settings: settings) }
        #expect(error?.problem.contains("systemd, docker, compose, haproxy, kubernetes, nginx") == true)
    }
}
