import Foundation
import HostCompute
import HostComputeCPU
import HostComputeCUDA
import HostCore

/// `modelhost devices`: what a strategy may name on this machine.
struct DevicesCommand {
    let settings: Settings

    private struct Row {
        let device: String, name: String, memory: Int?, free: Int?
        let details: String
    }

    func run() throws {
        var rows = [processor()], notes: [String] = []
        do throws(DeviceError) {
            let cuda = CUDADevice(), (driver, cards) = try cuda.cards()
            for card in cards {
                var free: Int?
                do throws(DeviceError) { free = try cuda.freeMemory(of: card) } catch {
                    notes.append("\(card.device) does not answer: \(error.problem)" + (error.advice.map { ". \($0)" } ?? ""))
                }
                rows.append(row(card, free, driver: driver))
            }
        } catch {
            notes.append("No card: \(error.problem)" + (error.advice.map { ". \($0)" } ?? ""))
        }
        let compiler = CUDADevice.compiler(settings.text("nvrtc"))
        if settings.isOn("json") {
            let report = JSONObject([
                ("devices", .array(rows.map(Self.json))), ("notes", .array(notes.map(JSONValue.string))),
                ("compiler", .string(compiler)),
            ])
            Terminal.out(JSONValue.object(report).encoded(.pretty))
            return
        }
        var table = Table(header: ["DEVICE", "NAME", "MEMORY", "FREE", "DETAILS"])
        for row in rows {
            table.add([
                row.device, row.name, row.memory.map(ByteCount.text) ?? "?", row.free.map(ByteCount.text) ?? "?", row.details,
            ])
        }
        Terminal.out(table.text)
        for note in notes { Terminal.out("\n\(Log.line(note))") }
        Terminal.out("\nCompiler for --rwkv-cuda-on: \(Log.line(compiler))")
    }

    private func processor() -> Row {
        let memory = SystemMemory(), kernels = Kernels.best()
        return Row(
            device: "cpu", name: kernels.name, memory: memory.limit, free: memory.available,
            details: "\(ProcessInfo.processInfo.activeProcessorCount) cores")
    }

    private func row(_ card: CUDACard, _ free: Int?, driver: String) -> Row {
        Row(
            device: card.device.description, name: card.name, memory: card.memoryBytes, free: free,
            details: "compute capability \(card.capability), \(card.multiprocessors) multiprocessors, CUDA \(driver) driver")
    }

    private static func json(_ row: Row) -> JSONValue {
        .object(
            JSONObject([
                ("device", .string(row.device)), ("name", .string(row.name)),
                ("memory_bytes", row.memory.map(JSONValue.integer) ?? .null),
                ("free_bytes", row.free.map(JSONValue.integer) ?? .null), ("details", .string(row.details)),
            ]))
    }
}
