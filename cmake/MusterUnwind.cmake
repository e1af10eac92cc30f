# muster_embed_unwind(TARGET WALKER) gives TARGET a stack walker on libunwind that nobody can see.
#
# Debian's libunwind defines the _Unwind_* functions that C++ exceptions run on. A program in which
# its copy wins over libgcc_s's cannot throw across every frame, and which copy wins depends on the
# order of the libraries on the user's link line. So WALKER (an OBJECT library of plain functions
# named muster_unwind_*) is joined with load_libunwind.cc, which binds libunwind at run time in a
# scope of its own, into one relocatable object, and every symbol of that object but muster_unwind_*
# is made local. Users of TARGET link no libunwind, and may link any other one, anywhere.
function(muster_embed_unwind target walker)
  target_sources(${walker} PRIVATE ${PROJECT_SOURCE_DIR}/runtime/stack/load_libunwind.cc)
  target_include_directories(${walker} PRIVATE ${MUSTER_LIBUNWIND_INCLUDE_DIR})
  # The object is made by the linker, not by the compiler: it must hold machine code, not LTO
  # bitcode. The walker also runs where a sanitizer's runtime must not be called. It is optimised in
  # every build: goroutines are held while it walks, and its calls into libunwind are tail calls.
  target_compile_options(${walker} PRIVATE -O2 -fno-lto -fno-sanitize=all)

  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${walker}_linked.o)
  set(hidden ${CMAKE_CURRENT_BINARY_DIR}/${walker}_hidden.o)
  add_custom_command(
    OUTPUT ${hidden}
    BYPRODUCTS ${linked}
    COMMAND ${CMAKE_LINKER} -r -o ${linked} $<TARGET_OBJECTS:${walker}>
    COMMAND ${CMAKE_OBJCOPY} --wildcard "--keep-global-symbol=muster_unwind_*" ${linked} ${hidden}
    DEPENDS ${walker} $<TARGET_OBJECTS:${walker}>
    COMMENT "Hiding libunwind's names in ${target}"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${walker}_hidden DEPENDS ${hidden})
  add_dependencies(${target} ${walker}_hidden)
  set_source_files_properties(${hidden} TARGET_DIRECTORY ${target}
                              PROPERTIES GENERATED TRUE EXTERNAL_OBJECT TRUE)
  target_sources(${target} PRIVATE ${hidden})
endfunction()
