#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The time of day, for what people read; deadlines use a monotonic clock.
enum WallClock {
    static var secondsSince1970: Int { Int(time(nil)) }
}
