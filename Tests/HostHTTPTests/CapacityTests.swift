import Foundation
import Glibc
import Testing

@testable import HostHTTP

@Suite("Many connections")
struct CapacityTests {
    private static let get = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("A31: a connection beyond the bound gets 503, one log line says so, and room made is used")
    func bound() async throws {
        var limits = HTTPLimits.patient
        limits.connections = 4
        let log = LogLines()
        try await withServer(limits: limits, log: log) { server, port in
            var clients: [RawClient] = []
            for _ in 0..<4 { clients.append(try RawClient(port: port)) }
            #expect(await eventually { server.statistics.acceptedConnections == 4 })
            for _ in 0..<3 {
                let extra = try RawClient(port: port)
                await extra.send(Self.get)
                let (text, isClosed) = await extra.receiveAll()
                #expect(isClosed)
                #expect(text.hasPrefix("HTTP/1.1 503 "))
                #expect(text.contains("Retry-After: 1\r\n"))
            }
            #expect(server.statistics.refusedConnections == 3)
            #expect(log.all.count == 1)
            await clients[0].send(Self.get)
            #expect(await clients[0].receive(upTo: "GET /x 0").hasSuffix("GET /x 0"))
            clients.removeLast()
            #expect(await eventually { server.statistics.openConnections == 3 })
            let late = try RawClient(port: port)
            await late.send(Self.get)
            #expect(await late.receive(upTo: "GET /x 0").hasSuffix("GET /x 0"))
        }
    }

    @Test("A31: hundreds beyond the bound do not disturb those within")
    func flood() async throws {
        var limits = HTTPLimits.patient
        limits.connections = 2
        limits.lingerLimit = .milliseconds(200)
        try await withServer(limits: limits) { server, port in
            let inside = try RawClient(port: port)
            let other = try RawClient(port: port)
            #expect(await eventually { server.statistics.acceptedConnections == 2 })
            let outside = (0..<300).compactMap { _ in try? RawClient(port: port) }
            #expect(await eventually { server.statistics.refusedConnections >= outside.count })
            await inside.send(Self.get)
            #expect(await inside.receive(upTo: "GET /x 0").hasSuffix("GET /x 0"))
            #expect(await eventually { server.statistics.openConnections == 2 })
            withExtendedLifetime((other, outside)) {}
        }
    }

    @Test("one address has its own bound")
    func perAddress() async throws {
        var limits = HTTPLimits.patient
        limits.connectionsPerLoopbackAddress = 1
        try await withServer(limits: limits) { server, port in
            let first = try RawClient(port: port)
            #expect(await eventually { server.statistics.acceptedConnections == 1 })
            let second = try RawClient(port: port)
            #expect(await second.receiveAll().text.hasPrefix("HTTP/1.1 503 "))
            await first.send(Self.get)
            #expect(await first.receive(upTo: "GET /x 0").hasSuffix("GET /x 0"))
        }
    }

    @Test("A30: a thousand idle connections cost less than 32 KiB each, and a client beside them is served")
    func idle() async {
        await #expect(processExitsWith: .success) {
            try await withServer { server, port in
                let warm = try RawClient(port: port)
                await warm.send(Self.get)
                _ = await warm.receive(upTo: "GET /x 0")
                let before = residentBytes()
                var clients: [RawClient] = []
                for _ in 0..<1000 { clients.append(try RawClient(port: port)) }
                // Half of them have had a request, whose buffers must be gone again.
                for client in clients[..<500] {
                    await client.send(Self.get)
                    _ = await client.receive(upTo: "GET /x 0")
                }
                #expect(await eventually { server.statistics.openConnections == 1001 })
                let perConnection = (residentBytes() - before) / 1000
                #expect(perConnection < 32 << 10, "\(perConnection) bytes")
                await warm.send(Self.get)
                #expect(await warm.receive(upTo: "GET /x 0").hasSuffix("GET /x 0"))
            }
        }
    }

    @Test("F16: without descriptors left, connections are turned away, nothing spins, and service comes back")
    func outOfDescriptors() async {
        await #expect(processExitsWith: .success) {
            let log = LogLines()
            // 64 for a process of its own; descriptors that it got from the parallel tests' process come on top.
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int($0) }
            let inherited = open.max() ?? 0
            let count = rlim_t(max(64, inherited + 48))
            var limit = rlimit(rlim_cur: count, rlim_max: count)
            #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            try await withServer(log: log) { server, port in
                var clients: [RawClient] = []
                // Client and server share the process and so the limit: each connection takes two.
                while server.statistics.refusedConnections < 4, clients.count < 400 {
                    clients.append(try RawClient(port: port))
                    // One after the other: descriptors that only wait to be accepted would use up the rest.
                    let count = clients.count
                    _ = await eventually {
                        server.statistics.acceptedConnections + server.statistics.refusedConnections >= count
                    }
                }
                #expect(server.statistics.refusedConnections > 0)
                let refused = try #require(clients.last)
                let (text, isClosed) = await refused.receiveAll()
                #expect(text.hasPrefix("HTTP/1.1 503 ") && isClosed)
                let start = processorSeconds()
                try await Task.sleep(for: .milliseconds(500))
                let spent = processorSeconds() - start
                clients = []
                #expect(spent < 0.25, "\(spent) s")
                #expect(log.all.count >= 1 && log.all.count < 10, "\(log.all)")
                #expect(await eventually { server.statistics.openConnections == 0 })
                let client = try RawClient(port: port)
                await client.send(Self.get)
                #expect(await client.receive(upTo: "GET /x 0").hasSuffix("GET /x 0"))
            }
        }
    }
}

/// Memory of this process that is in RAM.
private func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(getpagesize())
}

/// Time that this process has spent on processors.
private func processorSeconds() -> Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
}
