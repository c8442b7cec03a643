import HostCore
import HostHTTP
import HostServer
import Synchronization
import Testing

@Suite("Health in the log")
struct HealthLogTests {
    @Test("probes of health are quiet unless something is wrong")
    func quietHealth() async {
        let lines = Mutex<[(Log.Level, String)]>([])
        let service = ScriptedService()
        let handler = HostHandler(
            configuration: HostServerConfiguration(), service: service,
            log: Log { level, line in lines.withLock { $0.append((level, line)) } })
        func level(_ path: String) async -> Log.Level? {
            let response = await handler.respond(to: HTTPRequest(method: "GET", target: path, path: path))
            response.ended?(HTTPEnd(.done, bytes: 1))
            return lines.withLock { $0.last { $0.1.contains(" \(path) ") }?.0 }
        }
        for path in ["/health", "/health/live", "/health/ready", "/v1/internal/health"] {
            #expect(await level(path) == .debug)
        }
        #expect(await level("/v1/models") == .info)
        #expect(await level("/health/none") == .info)
        _ = await handler.respond(
            to: HTTPRequest(
                method: "POST", target: "/v1/internal/model/unload", path: "/v1/internal/model/unload"))
        #expect(await level("/health/ready") == .info)
    }
}
