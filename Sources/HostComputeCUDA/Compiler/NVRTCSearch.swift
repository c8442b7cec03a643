import Foundation

/// Where NVRTC may be: a path that the user names, the loader's own places, toolkits, and what pip installs.
struct NVRTCSearch {
    let environment: [String: String]
    /// Libraries of 11.2 and later keep their interface within a number.
    private static let names = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"]
    private static let toolkits = [
        "/usr/local/cuda/lib64", "/usr/local/cuda/targets/x86_64-linux/lib", "/usr/local/cuda/targets/sbsa-linux/lib",
        "/usr/lib/wsl/lib",
    ]

    static let installation = "pip install nvidia-cuda-nvrtc-cu12"

    init(environment: [String: String] = ProcessInfo.processInfo.environment) { self.environment = environment }

    /// The library that the user names, or else the first that opens.
    func open(_ path: String?) throws(NVRTC.Failure) -> NVRTC {
        if let path { return try NVRTC(path) }
        for candidate in candidates { if let library = try? NVRTC(candidate) { return library } }
        throw NVRTC.Failure(text: "NVRTC is not there: looked for \(Self.names.joined(separator: ", "))")
    }

    /// Names for the loader, then paths of files that are there.
    var candidates: [String] {
        Self.names
            + (Self.toolkits + pythonFolders).flatMap { folder in Self.names.map { "\(folder)/\($0)" } }
            .filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// Folders of the packages nvidia-cuda-nvrtc-cu11, -cu12 and nvidia-cuda-nvrtc.
    private var pythonFolders: [String] {
        let roots =
            [environment["VIRTUAL_ENV"], environment["CONDA_PREFIX"], environment["HOME"].map { "\($0)/.local" }]
            .compactMap(\.self) + ["/usr/local", "/usr"]
        return roots.flatMap { root -> [String] in
            let versions = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/lib")) ?? []
            return versions.filter { $0.hasPrefix("python3") }.sorted().reversed().flatMap { version in
                ["site-packages", "dist-packages"].flatMap { packages in
                    ["cuda_nvrtc", "cu13", "cu12"].map { "\(root)/lib/\(version)/\(packages)/nvidia/\($0)/lib" }
                }
            }
        }
    }
}
