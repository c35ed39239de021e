import com.example.Provider;

/** The whole module. */
@Deprecated
open module com.example.app {
  requires transitive java.sql;
  exports com.example.store to com.example.other, com.example.more;
  opens com.example.inner;
  uses com.example.Service;
  provides com.example.Service with com.example.store.Store;
}
