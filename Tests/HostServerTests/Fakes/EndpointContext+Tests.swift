import HostCore
@testable import HostServer

extension EndpointContext {
    /// One whose requests nobody has made.
    static func forTests(configure: (inout HostServerConfiguration) -> Void = { _ in }) -> EndpointContext {
        var configuration = HostServerConfiguration()
        configure(&configuration)
        let metrics = HostMetrics()
        return EndpointContext(
            configuration: configuration, service: ScriptedService(), log: .silent, requestID: "r", pathParameter: nil,
            isAdmin: true, once: LogOnce(log: .silent), replies: RunningReplies(),
            responses: ResponseStore(configuration), record: AnswerRecord(since: .now, metrics: metrics), metrics: metrics,
            templates: TemplateOverrides(), warnings: AnswerWarnings())
    }
}
