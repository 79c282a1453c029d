/* The executable that Grafana starts on Linux: static, without a libc, so that it runs on any root.
 *
 * It replaces itself by the bundled loader, which runs the bundle with the bundled C library:
 *
 *     <here>/linux_<arch>/<ld.so>_linux_<arch> --library-path <here>/linux_<arch> <here>/linux_<arch>/app ARGS...
 *
 * <here> is the folder of this file. One process from start to end: what Grafana kills is the plugin.
 *
 * Compiled with -DLOCATOR it is the stand-in of `plugin-cli dev` instead: it prints the handshake line
 * that the file `locator` beside it holds, and waits to be killed. */

#if defined(__x86_64__)
#define ARCH "amd64"
#define LOADER "ld-linux-x86-64.so.2"
enum { READ = 0, WRITE = 1, OPENAT = 257, PAUSE = 34, EXECVE = 59, EXIT = 231, READLINKAT = 267 };

static long call(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");

#elif defined(__aarch64__)
#define ARCH "arm64"
#define LOADER "ld-linux-aarch64.so.1"
/* arm64 has no pause: ppoll without descriptors and without a timeout is the same. */
enum { READ = 63, WRITE = 64, OPENAT = 56, PAUSE = 73, EXECVE = 221, EXIT = 94, READLINKAT = 78 };

static long call(long number, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
__asm__(".globl _start\n_start:\n mov x29, #0\n mov x0, sp\n and sp, x0, #-16\n bl begin\n");
#else
#error "no such architecture"
#endif

#define FOLDER "linux_" ARCH
/* Grafana's installer gives the execute bit to names that end like this, whatever the zip says. */
#define LOADER_FILE LOADER "_" FOLDER
#define PATH_BYTES 4096
#define HERE (-100) /* AT_FDCWD: relative names are relative to the working folder */

typedef struct {
    long length;
    char text[PATH_BYTES + 128];
} Path;

static long length_of(const char *text) {
    long n = 0;
    while (text[n]) n++;
    return n;
}

static void say(const char *text) { call(WRITE, 2, (long)text, length_of(text), 0); }

__attribute__((noreturn)) static void fail(const char *what, const char *path) {
    say("plugin launcher: ");
    say(what);
    say(": ");
    say(path);
    say("\n");
    for (;;) call(EXIT, 127, 0, 0, 0);
}

/* Callers add only short constants to a path of at most PATH_BYTES, for which there is room. */
static void append(Path *path, const char *text) {
    while (*text && path->length < (long)sizeof path->text - 1) path->text[path->length++] = *text++;
    path->text[path->length] = 0;
}

static void own_path(Path *path) {
    long n = call(READLINKAT, HERE, (long)"/proc/self/exe", (long)path->text, PATH_BYTES);
    if (n <= 0 || n >= PATH_BYTES) fail("cannot read", "/proc/self/exe");
    path->text[n] = 0;
    path->length = n;
}

static void keep_folder(Path *path) {
    while (path->length && path->text[path->length - 1] != '/') path->length--;
    path->text[path->length] = 0;
}

#ifdef LOCATOR

static void serve(long argc, char **argv, char **envp) {
    (void)argc, (void)argv, (void)envp;
    char line[512];
    Path file;
    own_path(&file);
    keep_folder(&file);
    append(&file, "locator");
    long handle = call(OPENAT, HERE, (long)file.text, 0, 0);
    long n = handle < 0 ? handle : call(READ, handle, (long)line, sizeof line, 0);
    if (n <= 0) fail("cannot read", file.text);
    call(WRITE, 1, (long)line, n, 0);
    for (;;) call(PAUSE, 0, 0, 0, 0);
}

#else

static void start(Path *path, const char *text) {
    path->length = 0;
    append(path, text);
}

static int names(const char *entry, const char *variable) {
    while (*variable && *entry == *variable) entry++, variable++;
    return !*variable;
}

static void serve(long argc, char **argv, char **envp) {
    Path self, folder, loader, app, variable;
    own_path(&self);

    start(&folder, self.text);
    keep_folder(&folder);
    append(&folder, FOLDER);
    for (long i = 0; i < folder.length; i++)
        if (folder.text[i] == ':' || folder.text[i] == ';')
            fail("the plugin's folder must not have ':' or ';' in its path", folder.text);
    start(&loader, folder.text);
    append(&loader, "/" LOADER_FILE);
    start(&app, folder.text);
    append(&app, "/app");

    char *arguments[argc + 5];
    long n = 0;
    arguments[n++] = loader.text;
    arguments[n++] = "--library-path";
    arguments[n++] = folder.text;
    arguments[n++] = app.text;
    for (long i = 1; i < argc; i++) arguments[n++] = argv[i];
    arguments[n] = 0;

    /* The runtime hook learns from this what to start when Python starts itself again. */
    start(&variable, "PLUGIN_LAUNCHER=");
    append(&variable, self.text);

    /* A preload library of the host, made for another C library, must not be mapped into this one. */
    long count = 0;
    while (envp[count]) count++;
    char *environment[count + 2];
    n = 0;
    for (long i = 0; i < count; i++)
        if (!names(envp[i], "LD_PRELOAD=") && !names(envp[i], "PLUGIN_LAUNCHER=")) environment[n++] = envp[i];
    environment[n++] = variable.text;
    environment[n] = 0;

    call(EXECVE, (long)loader.text, (long)arguments, (long)environment, 0);
    fail("cannot execute", loader.text);
}

#endif

__attribute__((used, noreturn)) void begin(long *stack) {
    long argc = stack[0];
    char **argv = (char **)(stack + 1);
    serve(argc, argv, argv + argc + 1);
    for (;;) call(EXIT, 127, 0, 0, 0);
}
