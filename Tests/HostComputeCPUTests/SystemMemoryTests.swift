import Foundation
import Support
import Testing

@testable import HostComputeCPU

@Suite("What memory there is")
struct SystemMemoryTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try write("/proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 800 kB\n")
        try write("/proc/self/status", "VmSize:\t  300 kB\nRssFile:\t  100 kB\nVmData:\t  50 kB\n")
    }

    func write(_ path: String, _ text: String) throws { try folder.write(String(path.dropFirst()), text.utf8) }

    var memory: SystemMemory { SystemMemory(root: folder.path) }

    func unified(_ group: String, max: String, high: String = "max", used: Int = 0, file: Int = 0, mapped: Int = 0) throws {
        try write("\(group)/memory.max", max + "\n")
        try write("\(group)/memory.high", high + "\n")
        try write("\(group)/memory.current", "\(used)\n")
        try write("\(group)/memory.stat", "anon 5\nactive_file \(file)\ninactive_file \(file)\nfile_mapped \(mapped)\n")
    }

    func controller(_ group: String, limit: Int, used: Int = 0, file: Int = 0, mapped: Int = 0) throws {
        try write("\(group)/memory.limit_in_bytes", "\(limit)\n")
        try write("\(group)/memory.usage_in_bytes", "\(used)\n")
        try write(
            "\(group)/memory.stat",
            "active_file 1\ntotal_active_file \(file)\ntotal_inactive_file \(file)\ntotal_mapped_file \(mapped)\n")
    }

    @Test("without limits it is the machine's, less the files that this process uses")
    func machine() {
        #expect(memory.limit == 1_024_000)
        #expect(memory.available == 700 * 1024)
        #expect(memory.addressSpace == nil)
        let nothing = SystemMemory(root: folder.path + "/none")
        #expect(nothing.limit == nil && nothing.available == nil && nothing.addressSpace == nil)
    }

    @Test("the least of a unit's, its slice's and all limits above counts, each with its own usage")
    func slices() throws {
        try write("/proc/self/cgroup", "0::/system.slice/host.service\n")
        try write("/proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n")
        let root = "/sys/fs/cgroup"
        try unified("\(root)/system.slice/host.service", max: "max", used: 10)
        try unified("\(root)/system.slice", max: "500000", used: 100_000, file: 20_000, mapped: 15_000)
        #expect(memory.limit == 500_000)
        #expect(memory.available == 500_000 - 100_000 + 25_000)
        try unified("\(root)/system.slice/host.service", max: "600000", used: 590_000)
        #expect(memory.limit == 500_000)
        #expect(memory.available == 10_000)
        try unified("\(root)/system.slice/host.service", max: "600000", high: "400000", used: 10_000)
        #expect(memory.limit == 400_000)
        // More mapped than cached, as shared memory can make it, and more used than allowed.
        try unified("\(root)/system.slice/host.service", max: "300000", used: 310_000, file: 5, mapped: 100)
        #expect(memory.available == 0)
    }

    @Test(
        "a container sees its own group at the mount point, by whatever name its host knows it",
        arguments: [
            ("0::/\n", "31 23 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup rw"),
            ("0::/docker/abc\n", "31 23 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw"),
            ("0::/../../init\n", "31 23 0:28 / /sys/fs/cgroup ro - cgroup2 cgroup rw"),
            ("0::/elsewhere\n", "31 23 0:28 /docker/abc /sys/fs/cgroup ro master:3 - cgroup2 cgroup rw"),
        ])
    func container(group: String, mount: String) throws {
        try write("/proc/self/cgroup", group)
        try write("/proc/self/mountinfo", "22 1 0:5 / / rw - ext4 /dev/root rw\n\(mount)\n")
        try unified("/sys/fs/cgroup", max: "400000", used: 300_000)
        #expect(memory.limit == 400_000 && memory.available == 100_000)
    }

    @Test("version 1 counts a group and all above it; its way to say \"no limit\" is not one")
    func versionOne() throws {
        try write("/proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/batch/job 7\n1:cpuset:/\n0::/\n")
        try write(
            "/proc/self/mountinfo",
            "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n35 31 0:32 / /sys/fs/my\\040memory rw - cgroup cgroup rw,memory\n"
                + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
        let root = "/sys/fs/my memory"
        try controller("\(root)/batch/job 7", limit: 9_223_372_036_854_771_712, used: 9)
        #expect(memory.limit == 1_024_000)
        try controller("\(root)/batch", limit: 300_000, used: 250_000, file: 10_000, mapped: 5_000)
        #expect(memory.limit == 300_000 && memory.available == 65_000)
        try controller("\(root)/batch/job 7", limit: 100_000, used: 90_000)
        #expect(memory.limit == 100_000 && memory.available == 10_000)
    }

    @Test("ulimit -v and -d bound addresses, less what is mapped already")
    func ulimit() throws {
        try write(
            "/proc/self/limits",
            "Limit                     Soft Limit           Hard Limit           Units\n"
                + "Max data size             unlimited            unlimited            bytes\n"
                + "Max address space         614400               unlimited            bytes\n")
        #expect(memory.limit == 614_400 && memory.addressSpace == 614_400 - 300 * 1024)
        #expect(memory.available == 700 * 1024)
        try write(
            "/proc/self/limits",
            "Max data size             102400               unlimited            bytes\n"
                + "Max address space         614400               unlimited            bytes\n")
        #expect(memory.limit == 102_400 && memory.addressSpace == 50 * 1024)
    }

    @Test("this machine can tell", .enabled(if: FileManager.default.fileExists(atPath: "/proc/meminfo"), "no /proc here"))
    func here() {
        let memory = SystemMemory()
        #expect((memory.limit ?? 0) > 1 << 26)
        #expect((memory.available ?? 0) > 0)
        #expect((memory.available ?? 0) <= (memory.limit ?? 0))
    }
}
