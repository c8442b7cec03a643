import Foundation
import Support
import Testing

@testable import HostComputeCPU

@Suite("Physical cores")
struct PhysicalCoresTests {
    @Test("hardware threads of one core count once, and only those that the process may use")
    func siblings() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "cores-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        func write(_ text: String, to path: String) throws {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try write("Name:\tmodelhost\nCpus_allowed_list:\t0-3,6\nMems_allowed_list:\t0\n", to: "proc/self/status")
        for (processor, list) in [(0, "0,4"), (1, "1,5"), (2, "2,6"), (6, "2,6")] {
            try write("\(list)\n", to: "sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list")
        }
        // 2 and 6 are one core; of 3 nothing is said.
        #expect(PhysicalCores.count(root: root.path) == 4)
    }

    @Test("where nothing is said every processor is a core")
    func unknown() {
        #expect(PhysicalCores.count(root: "/nowhere") == ProcessInfo.processInfo.activeProcessorCount)
        #expect(PhysicalCores.count() <= ProcessInfo.processInfo.activeProcessorCount)
    }

    @Test("lists are read with and without ranges, and nonsense is none")
    func lists() {
        #expect(PhysicalCores.numbers(in: "\t0-3,8") == [0, 1, 2, 3, 8])
        #expect(PhysicalCores.numbers(in: "") == [] && PhysicalCores.numbers(in: "x,5-2") == [])
    }
}
