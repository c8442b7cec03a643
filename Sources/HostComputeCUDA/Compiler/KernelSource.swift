import CHostCUDA

/// A file of CUDA C++ of the binary with all that it includes.
struct KernelSource {
    struct File {
        let name: String, text: String
    }

    let name: String, text: String
    /// In the order of their first use.
    let includes: [File]

    init(_ name: String) {
        var order: [File] = []
        func visit(_ name: String) {
            guard let file = Self.files[name], !order.contains(where: { $0.name == name }) else { return }
            order.append(file)
            for line in file.text.split(separator: "\n") where line.hasPrefix("#include \"") {
                visit(String(line.dropFirst("#include \"".count).prefix { $0 != "\"" }))
            }
        }
        visit(name)
        self.name = name
        text = order.first?.text ?? ""
        includes = Array(order.dropFirst())
    }

    private static let files: [String: File] = {
        var count = 0
        let first = unsafe cuda_sources(&count)
        return Dictionary(
            uniqueKeysWithValues: (0..<count).map { index in
                let source = unsafe first[index]
                let file = unsafe File(name: String(cString: source.name), text: String(cString: source.text))
                return (file.name, file)
            })
    }()
}
