# kith_flags: what every target of the project is compiled and linked with.
add_library(kith_flags INTERFACE)

target_compile_options(kith_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wvla -Wundef -Wstrict-prototypes -Wformat=2
    $<$<C_COMPILER_ID:Clang>:-Wno-string-conversion> # check(!"what cannot be") is how we say it
    $<$<BOOL:${KITH_WERROR}>:-Werror>
    -fPIE -ffunction-sections -fdata-sections -fno-common)
target_compile_definitions(kith_flags INTERFACE KITH_VERSION="${PROJECT_VERSION}")
target_link_options(kith_flags INTERFACE -pie -Wl,--gc-sections -Wl,--as-needed)

if(KITH_SANITIZE OR KITH_FUZZ)
    set(kith_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
elseif(KITH_TSAN)
    set(kith_sanitizers -fsanitize=thread -fno-omit-frame-pointer)
endif()

if(KITH_FUZZ)
    # Coverage for the fuzzer in everything; its main() only where a target links it.
    target_compile_options(kith_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(kith_sanitizers)
    target_compile_options(kith_flags INTERFACE ${kith_sanitizers})
    target_link_options(kith_flags INTERFACE ${kith_sanitizers})
else()
    # Fortify wants an optimised build and is of no use beside a sanitizer.
    target_compile_options(kith_flags INTERFACE -fstack-protector-strong
        $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
    target_link_options(kith_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
