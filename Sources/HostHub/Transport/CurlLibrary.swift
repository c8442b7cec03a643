import CSystem
import Foundation

/// libcurl, the one library that nearly every machine has for HTTPS, its certificates and its proxies.
///
/// It is opened by name when a pull begins, so that the host starts and serves on machines without it. FoundationNetworking
/// would need it when the program starts: `ldd libFoundationNetworking.so` names libcurl.so.4, and a program that is linked
/// with it is not run where that is missing.
///
/// - Source: curl.h; the numbers of its options are part of libcurl's promise not to break programs.
@safe struct CurlLibrary: @unchecked Sendable {
    #if canImport(Glibc)
        static let names = ["libcurl.so.4", "libcurl-gnutls.so.4"]
        static let advice = "Install it: apt install libcurl4, dnf install libcurl, or apk add libcurl."
    #else
        static let names = ["libcurl.4.dylib", "/usr/lib/libcurl.4.dylib"]
        static let advice = "Install it: brew install curl."
    #endif

    private typealias Start = @convention(c) (Int) -> CInt
    private typealias Make = @convention(c) () -> UnsafeMutableRawPointer?
    private typealias Run = @convention(c) (UnsafeMutableRawPointer) -> CInt
    private typealias End = @convention(c) (UnsafeMutableRawPointer?) -> Void
    private typealias Words = @convention(c) (CInt) -> UnsafePointer<CChar>?
    private typealias Append = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>) -> UnsafeMutableRawPointer?

    private static let startsAll = 3

    private let make: Make
    private let run: Run
    private let end: End
    private let setOption: UnsafeMutableRawPointer
    private let words: Words
    private let append: Append
    private let freeList: End

    /// - Throws: `HubError.noTransport` with the names that were tried and what to install.
    init(names: [String] = CurlLibrary.names) throws(HubError) {
        var reasons: [String] = []
        for name in names {
            guard let handle = unsafe dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
                reasons.append(unsafe dlerror().map { unsafe String(cString: $0) } ?? name)
                continue
            }
            guard let start = unsafe dlsym(handle, "curl_global_init"), let make = unsafe dlsym(handle, "curl_easy_init"),
                let run = unsafe dlsym(handle, "curl_easy_perform"), let end = unsafe dlsym(handle, "curl_easy_cleanup"),
                let setOption = unsafe dlsym(handle, "curl_easy_setopt"),
                let words = unsafe dlsym(handle, "curl_easy_strerror"),
                let append = unsafe dlsym(handle, "curl_slist_append"),
                let freeList = unsafe dlsym(handle, "curl_slist_free_all")
            else {
                reasons.append("\(name): not all of libcurl's functions are in it")
                continue
            }
            unsafe self.make = unsafeBitCast(make, to: Make.self)
            unsafe self.run = unsafeBitCast(run, to: Run.self)
            unsafe self.end = unsafeBitCast(end, to: End.self)
            unsafe self.setOption = setOption
            unsafe self.words = unsafeBitCast(words, to: Words.self)
            unsafe self.append = unsafeBitCast(append, to: Append.self)
            unsafe self.freeList = unsafeBitCast(freeList, to: End.self)
            // Counted by the library: once more does nothing.
            _ = unsafe unsafeBitCast(start, to: Start.self)(CurlLibrary.startsAll)
            return
        }
        throw HubError(
            .noTransport, "libcurl", "is needed to fetch files and cannot be opened: \(reasons.joined(separator: "; "))",
            advice: CurlLibrary.advice + " Or fetch the files by hand, and put them into the model folder.")
    }

    /// What an error number means.
    func text(of code: CInt) -> String { unsafe words(code).map { unsafe String(cString: $0) } ?? "error \(code)" }

    /// A transfer; it is ended, and what was set for it freed, when this value goes.
    @safe struct Handle: ~Copyable {
        private let library: CurlLibrary
        private let pointer: UnsafeMutableRawPointer
        private var list: UnsafeMutableRawPointer?

        init?(_ library: CurlLibrary) {
            guard let pointer = unsafe library.make() else { return nil }
            self.library = library
            unsafe self.pointer = pointer
        }

        deinit {
            unsafe library.end(pointer)
            unsafe library.freeList(list)
        }

        borrowing func set(_ option: CurlOption, _ number: Int) {
            _ = unsafe host_set_number(library.setOption, pointer, option.rawValue, number)
        }

        /// The library copies the text.
        borrowing func set(_ option: CurlOption, _ text: String) {
            _ = unsafe text.withCString { unsafe host_set_pointer(library.setOption, pointer, option.rawValue, $0) }
        }

        borrowing func set(_ option: CurlOption, _ value: UnsafeRawPointer) {
            _ = unsafe host_set_pointer(library.setOption, pointer, option.rawValue, value)
        }

        mutating func setFields(_ lines: [String]) {
            for line in lines { unsafe list = unsafe line.withCString { unsafe library.append(list, $0) } ?? list }
            if let list = unsafe list { unsafe set(.fields, UnsafeRawPointer(list)) }
        }

        borrowing func perform() -> CInt { unsafe library.run(pointer) }
    }
}

/// Options of a transfer, as curl.h numbers them.
enum CurlOption: CInt {
    case lowSpeedLimit = 19
    case lowSpeedTime = 20
    case noProgress = 43
    case followsRedirects = 52
    case connectTimeout = 78
    case bufferSize = 98
    case noSignals = 99
    case protocols = 181
    case hidesConnectHeaders = 265
    case bodyTarget = 10001
    case address = 10002
    case proxy = 10004
    case fields = 10023
    case headTarget = 10029
    case progressTarget = 10057
    case certificates = 10065
    case direct = 10177
    case bodyFunction = 20011
    case headFunction = 20079
    case progressFunction = 20219
}
