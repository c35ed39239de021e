{-# LANGUAGE GADTs, TypeFamilies #-}
{-# OPTIONS_GHC -Wall #-}
{- Copyright somebody. -}

-- |
-- Module      : Data.Store
-- Description : Stores.
--
-- Stores of things.
module Data.Store
  ( -- * Types
    Store(..)
  , Name
  , Shape(Circle)
  , Error(..)
    -- * Working
  , insert, lookup
  , (<+>)
  , Container(..)
  , pattern Pair
  , module Data.Map
  , Elem
  , runApp
  ) where

import Data.Map (Map)
import qualified Data.Map.Strict as M
import Prelude hiding (lookup)

-- | A store.
data Store k v = Store
  { storeMap :: Map k v -- ^ The map.
  , storeName, storeTitle :: !String
  -- ^ Both.
  , -- | How many.
    storeSize :: {-# UNPACK #-} !Int
  } deriving (Show, Eq)

-- | A name.
newtype Name = Name { unName :: String }
  deriving stock (Eq, Ord)
  deriving newtype Show

-- | Shapes.
data Shape
  = Circle Double        -- ^ Round.
  | Square Double Double -- ^ Not round.
  | Empty
  deriving Show

type Pairs a = [(a, a)]

data Error where
  Missing :: String -> Error
  Broken  :: { why :: String } -> Error

-- | What contains.
class (Eq f, Show f) => Container f where
  type Elem f
  data Index f
  -- | Nothing in it.
  empty :: f
  -- | Adds.
  add, plus :: Elem f -> f -> f
  add = plus
  {-# MINIMAL empty #-}

instance Container [a] where
  type Elem [a] = a
  empty = []
  add = (:)

deriving instance Show Error

-- | Inserts.
--
-- >>> insert 1 2 mempty
-- 1
insert :: Ord k
       => k        -- ^ the key
       -> v        -- ^ the value
       -> Store k v
       -> Store k v
insert k v s = s { storeMap = M.insert k v (storeMap s) }
  where
    helper :: Int
    helper = 1

lookup :: Ord k => k -> Store k v -> Maybe v
lookup k (Store m _ _ _) = M.lookup k m
lookup _ _ = Nothing

-- | Joins.
infixr 5 <+>
(<+>) :: [a] -> [a] -> [a]
a <+> b = a ++ b
{-# INLINE (<+>) #-}

{-| A pattern. -}
pattern Pair :: a -> b -> (a, b)
pattern Pair x y = (x, y)

-- | Runs.
runApp :: IO ()
runApp = do
  let local = 1
  putStrLn (show local)
  mapM_ print [1, local]

notExported :: Int -> Int
notExported 0 = 1
notExported n = n - 1

noSignature x = x

constant, limit :: Int
constant = 3
limit = 4

-- | Closed.
type family F a where
  F Int = Bool
  F Bool = Int

type family Open a :: *
type instance Open Int = Bool

data family D a

foreign import ccall "math.h sin" c_sin :: Double -> Double
